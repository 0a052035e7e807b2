using PatchContainers.Advisories.Database;

namespace PatchContainers.Scanning.Embedded;

/// <summary>What the advisories say of one vulnerability in one version of a package.</summary>
internal enum VerdictState : byte
{
    /// <summary>The version is not affected.</summary>
    NotAffected,

    /// <summary>It is affected.</summary>
    Affected,

    /// <summary>An advisory cannot be compared with the version; the verdict's text says why.</summary>
    Unknown,
}

/// <summary>The verdict on one vulnerability in one version of a package.</summary>
/// <param name="Database">Where the references point into.</param>
/// <param name="FirstRow">The vulnerability's first row among the package's rows.</param>
/// <param name="RowCount">How many rows it has.</param>
/// <param name="State">Whether the version is affected.</param>
/// <param name="Fix">Whether there is a fix.</param>
/// <param name="FixedVersion">The fixed version; the empty string where there is none.</param>
/// <param name="DecidedBy">The row that decided.</param>
/// <param name="FaultyVersion">For Unknown, the advisory's version that cannot be compared; the empty string where it names
/// commits.</param>
internal readonly record struct AdvisoryVerdict(
    AdvisoryDatabase Database,
    int FirstRow,
    int RowCount,
    VerdictState State,
    FixState Fix,
    uint FixedVersion,
    DatabaseFormat.Row DecidedBy,
    uint FaultyVersion)
{
    /// <summary>The vulnerability.</summary>
    public string Vulnerability => Database.Text(DecidedBy.Vulnerability);
}
