namespace PatchContainers.Advisories.Osv;

/// <summary>One OSV record, split by ecosystem.</summary>
/// <param name="Id">The record's id.</param>
/// <param name="Modified">When it was last changed, UTC.</param>
/// <param name="IsWithdrawn">Whether it was taken back: it then says only that an older form of it counts no more.</param>
/// <param name="Ecosystems">What it says in each ecosystem (<c>Debian:12</c>), in the record's order.</param>
internal sealed record OsvRecord(
    string Id, DateTimeOffset Modified, bool IsWithdrawn, IReadOnlyDictionary<string, AdvisoryRecord> Ecosystems);
