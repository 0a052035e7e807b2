using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Packages;

namespace PatchContainers.Scanning.Reports;

/// <summary>Texts of reports, as the model has them.</summary>
internal static class ReportText
{
    private static readonly string[] Files = [".tar", ".tar.gz", ".tgz", ".json"];

    /// <summary>The first that is not empty; empty where all are.</summary>
    public static string First(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (!string.IsNullOrEmpty(text))
            {
                return text;
            }
        }

        return string.Empty;
    }

    /// <summary>The versions of a list, or of a text that is a comma list of them, separated by <c>", "</c>.</summary>
    public static string Versions(JsonElement? value) => Versions(value switch
    {
        { ValueKind: JsonValueKind.Array } list => string.Join(',', list.EnumerateArray().Select(v => v.Word())),
        { ValueKind: JsonValueKind.String } text => text.Word(),
        _ => string.Empty,
    });

    /// <summary>The versions of a comma list, separated by <c>", "</c>; Anchore's <c>None</c> is none.</summary>
    public static string Versions(string list) =>
        string.Join(", ", list.Split(',', StringSplitOptions.TrimEntries).Where(v => v is not ("" or "None")));

    /// <summary>The vector of the newest version of CVSS, the first of several; empty where there is none.</summary>
    public static string NewestVector(IEnumerable<string> vectors) => vectors.Where(v => v.Length > 0).MaxBy(
        v => v.StartsWith("CVSS:", StringComparison.Ordinal) ? v.Split('/', 2)[0] : string.Empty, StringComparer.Ordinal) ?? string.Empty;

    /// <summary>
    /// The digest that an image was pulled by: the one that its name is pinned to, else the only one there is, else that of its repository.
    /// </summary>
    /// <param name="image">The image's name.</param>
    /// <param name="pinned">Names with digests, as engines list them.</param>
    public static string DigestOf(string image, IEnumerable<string> pinned)
    {
        var own = image.Split('@', 2);
        if (own.Length == 2 && Digest.TryParse(own[1], out _))
        {
            return own[1];
        }

        var named = pinned.Select(p => p.Split('@', 2)).Where(p => p.Length == 2 && Digest.TryParse(p[1], out _)).ToArray();
        var digests = named.Select(p => p[1]).Distinct(StringComparer.Ordinal).ToArray();
        return digests.Length == 1 ? digests[0]
            : Array.Find(named, p => IsSameRepository(p[0], image))?[1] ?? string.Empty;
    }

    /// <summary>What stands in place of findings where a scanner recognised nothing in an image, which is not the same as nothing being wrong.</summary>
    /// <param name="scanner">The scanner.</param>
    public static UnassessedPackage Nothing(string scanner) =>
        new("/", string.Empty, $"{scanner} recognised no distribution and no packages in the image: nothing can be said about what is in it.");

    /// <summary>
    /// Whether a report names another image than the one that is meant: another repository, or another tag of it. What is no name of an image, as
    /// the path of an archive or a folder, may be of any.
    /// </summary>
    /// <param name="reported">The name in the report.</param>
    /// <param name="meant">The name that is meant.</param>
    public static bool IsOtherImage(string reported, string meant)
    {
        // A name without registry, tag and digest may be a folder's or a program's as well.
        var mayBeOther = Files.Any(f => reported.EndsWith(f, StringComparison.OrdinalIgnoreCase))
            || (reported.AsSpan().IndexOfAny(":@") < 0 && (reported.Split('/') is not [var host, _, ..] || !host.Contains('.', StringComparison.Ordinal)));
        if (mayBeOther || !ImageReference.TryParse(reported, out var one, out _) || one.Transport != ImageTransport.Registry
            || !ImageReference.TryParse(meant, out var other, out _) || other.Transport != ImageTransport.Registry)
        {
            return false;
        }

        // What was scanned before it was pushed has no registry in its name yet.
        var name = reported.Split('@')[0];
        var path = name.Split('/')[^1].Contains(':', StringComparison.Ordinal) ? name[..name.LastIndexOf(':')] : name;
        var isLocal = path.Split('/')[0].AsSpan().IndexOfAny(".:") < 0
            && (other.Repository == path || other.Repository.EndsWith("/" + path, StringComparison.Ordinal));
        return (!isLocal && one.RepositoryKey != other.RepositoryKey)
            || (!one.Digest.IsEmpty && !other.Digest.IsEmpty ? one.Digest != other.Digest
                : one.Tag is not null && other.Tag is not null && one.Tag != other.Tag);
    }

    private static bool IsSameRepository(string one, string other) => ImageReference.TryParse(one, out var a, out _)
        && ImageReference.TryParse(other, out var b, out _) && a.RepositoryKey == b.RepositoryKey;
}
