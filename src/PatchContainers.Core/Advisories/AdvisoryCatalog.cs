using PatchContainers.Advisories.Database;

namespace PatchContainers.Advisories;

/// <summary>The compiled advisories that are there: one file an ecosystem and release, in <see cref="PatchState.Advisories"/>.</summary>
public sealed class AdvisoryCatalog
{
    private readonly string _folder;

    /// <summary>Looks into the state's folder; nothing is read yet.</summary>
    public AdvisoryCatalog(PatchState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _folder = state.Advisories;
    }

    /// <summary>Lists the ecosystems, ordered by name. A file that is damaged is reported, and the rest goes on.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>: the folder cannot be listed.</exception>
    public IReadOnlyList<AdvisoryEcosystem> List(IProgress<PatchNotice> notices)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var ecosystems = new List<AdvisoryEcosystem>();
        foreach (var path in Files())
        {
            try
            {
                using var database = AdvisoryDatabase.Open(path);
                ecosystems.Add(Describe(database));
            }
            catch (PatchException e)
            {
                notices.Report(new PatchNotice.Failure(e));
            }
        }

        return ecosystems.OrderBy(e => e.Name, StringComparer.Ordinal).ToArray();
    }

    /// <summary>The compiled files, in no order that means anything.</summary>
    internal string[] Files()
    {
        try
        {
            return Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*" + DatabaseFormat.Extension) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, _folder,
                $"The folder of the advisories '{_folder}' cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>
    /// The file's name of an ecosystem. A colon becomes '@', a blank '+'; what is no letter, digit, dot or hyphen is escaped, so that no
    /// ecosystem's name leads out of the folder and no two have one file.
    /// </summary>
    internal static string FileNameOf(string ecosystem) => string.Concat(ecosystem.Select(c =>
        char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c.ToString()
            : c == ':' ? "@"
            : c == ' ' ? "+"
            : FormattableString.Invariant($"_{(int)c:x4}"))) + DatabaseFormat.Extension;

    /// <summary>Where that file is.</summary>
    internal string PathOf(string ecosystem) => Path.Combine(_folder, FileNameOf(ecosystem));

    /// <summary>What a database holds.</summary>
    internal static AdvisoryEcosystem Describe(AdvisoryDatabase database) => new()
    {
        Name = database.Ecosystem,
        Records = database.Records.Length,
        Packages = database.Packages.Length,
        DatabaseTime = database.DatabaseTime,
        Path = database.Path,
        Bytes = database.Length,
    };
}
