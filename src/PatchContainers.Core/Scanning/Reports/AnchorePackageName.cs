using System.Text.RegularExpressions;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads a package's name and version where Anchore writes both as one: <c>lz4-libs-1.8.3-3.el8_4</c>.</summary>
internal static partial class AnchorePackageName
{
    /// <summary>
    /// The name, and the version where it is clear where it begins: that of an RPM has one hyphen and that of an apk package one before its
    /// <c>r</c>; that of any other begins at the only hyphen with a digit behind it. Else all of it is the name.
    /// </summary>
    /// <param name="text">Both, with a hyphen between them.</param>
    /// <param name="kind">The package's kind.</param>
    public static (string Name, string Version) Split(string text, string kind)
    {
        var matches = (kind switch { "rpm" => Rpm(), "apk" => Apk(), _ => Digit() }).Matches(text);
        return matches.Count == 1 ? (text[..matches[0].Index], text[(matches[0].Index + 1)..]) : (text, string.Empty);
    }

    [GeneratedRegex("(?<=.)-[^-]+-[^-]+$")]
    private static partial Regex Rpm();

    [GeneratedRegex("(?<=.)-[^-]+-r[0-9]+$")]
    private static partial Regex Apk();

    [GeneratedRegex("(?<=.)-(?=[0-9])")]
    private static partial Regex Digit();
}
