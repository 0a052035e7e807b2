using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>What Trivy says of an artifact: the image's names, digests and layers, its platform and its distribution.</summary>
internal sealed record TrivyMetadata
{
    private static readonly string[] ArchiveEndings = [".tar", ".tar.gz", ".tgz"];

    /// <summary>The distribution; empty where there is none.</summary>
    public ScannedOs Os { get; init; } = new();

    /// <summary>The platform; empty where it is not told in full.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>The digest of the image's configuration; empty for what is no image.</summary>
    public string ImageId { get; init; } = string.Empty;

    /// <summary>The DiffIDs of the layers.</summary>
    public IReadOnlyList<string> DiffIds { get; init; } = [];

    /// <summary>Whether an image is meant: what is no image has metadata without content in reports of clusters.</summary>
    public bool IsOfImage => ImageId.Length > 0 || Names.Count > 0;

    /// <summary>The names of the image that the report lists, tags before digests.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Reads it.</summary>
    public static TrivyMetadata Read(JsonElement metadata)
    {
        var config = metadata.At("ImageConfig") ?? default;
        var (os, architecture) = (config.Word("os"), config.Word("architecture"));
        return new TrivyMetadata
        {
            Os = OsOf(metadata.Word("OS", "Family"), metadata.Word("OS", "Name"), metadata.IsTrue("OS", "EOSL")),
            Platform = os.Length == 0 || architecture.Length == 0 ? string.Empty
                : string.Join('/', new[] { os, architecture, config.Word("variant") }.Where(p => p.Length > 0)),
            ImageId = metadata.Word("ImageID"),
            DiffIds = Words(metadata, "DiffIDs"),
            Names = [.. new[] { metadata.Word("Reference") }.Concat(Words(metadata, "RepoTags")).Concat(Words(metadata, "RepoDigests"))
                .Where(n => n.Length > 0).Distinct(StringComparer.Ordinal)],
        };
    }

    /// <summary>A distribution, by Trivy's words: <c>none</c> is no distribution.</summary>
    public static ScannedOs OsOf(string family, string version, bool isEndOfLife) => family is "" or "none"
        ? new ScannedOs()
        : new ScannedOs { Family = family, Version = version, EndOfLife = isEndOfLife ? true : null };

    /// <summary>The name of the image: the one that was asked for. A file is no name where the report says which image is in it.</summary>
    /// <param name="artifact">What was asked for; empty where the report does not say.</param>
    public string NameOf(string artifact) =>
        artifact.Length > 0 && !Array.Exists(ArchiveEndings, e => artifact.EndsWith(e, StringComparison.OrdinalIgnoreCase)) ? artifact
            : Names.Count > 0 ? Names[0] : artifact;

    /// <summary>The digest that the image has under a name; empty where the report does not say.</summary>
    public string DigestOf(string name) => ReportText.DigestOf(name, Names);

    /// <summary>Whether a name is one of the image's.</summary>
    public bool IsNamed(string name) => Names.Any(n => n == name || (ImageReference.TryParse(n, out var mine, out _)
        && ImageReference.TryParse(name, out var other, out _)
        && (mine.Equals(other) || (mine.RepositoryKey == other.RepositoryKey && !mine.Digest.IsEmpty && mine.Digest == other.Digest))));

    private static string[] Words(JsonElement metadata, string name) =>
        metadata.Items(name).Select(i => i.Word()).Where(w => w.Length > 0).ToArray();
}
