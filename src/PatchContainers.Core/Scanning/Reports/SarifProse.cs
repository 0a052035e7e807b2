using System.Text.RegularExpressions;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the sentences that Trivy and Grype write into SARIF, which are the same ones in every log.</summary>
internal static partial class SarifProse
{
    /// <summary>The lines <c>Name: value</c> of a text.</summary>
    public static Dictionary<string, string> Lines(string text)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(':', 2) is [var name, var value])
            {
                lines.TryAdd(name.Trim(), value.Trim());
            }
        }

        return lines;
    }

    /// <summary>Grype's sentence.</summary>
    public static Match Sentence(string text) => GrypeSentence().Match(text);

    // A low vulnerability in rpm package: package-1, version 1.1.1 was found in image user-input at: somefile-1.txt
    [GeneratedRegex(@"^An? (?<severity>\w+) vulnerability in (?<kind>\S+) package: (?<package>.+), version (?<version>.+?) was found "
        + @"(?:in image (?<image>\S+) )?at: (?<path>.+)$")]
    private static partial Regex GrypeSentence();
}
