using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>Texts of reports, as the model has them.</summary>
internal static class ReportText
{
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

    private static bool IsSameRepository(string one, string other) => ImageReference.TryParse(one, out var a, out _)
        && ImageReference.TryParse(other, out var b, out _) && a.RepositoryKey == b.RepositoryKey;
}
