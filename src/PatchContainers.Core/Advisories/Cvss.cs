using System.Diagnostics.CodeAnalysis;
using PatchContainers.Scanning;

namespace PatchContainers.Advisories;

/// <summary>What a CVSS vector says.</summary>
/// <param name="Version"><c>2.0</c>, <c>3.0</c>, <c>3.1</c> or <c>4.0</c>.</param>
/// <param name="Score">0.0 to 10.0, one decimal place. Where the vector holds threat, temporal or environmental metrics, they
/// count.</param>
/// <param name="Severity">The rating of that score in the version's own scale.</param>
public readonly record struct CvssScore(string Version, double Score, Severity Severity);

/// <summary>
/// Scores of CVSS vectors by FIRST's specifications: version 2.0, 3.0 and 3.1 by their equations, 4.0 by its MacroVectors.
/// </summary>
public static class Cvss
{
    /// <summary>Reads a vector and computes its score.</summary>
    /// <param name="vector">For example <c>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</c>; a vector without a prefix is one of version
    /// 2.0.</param>
    /// <param name="score">The score; the default value where the vector is none.</param>
    /// <param name="fault">What is wrong with the vector, for a person; null where nothing is.</param>
    /// <returns>False where the text is no vector of a version known here.</returns>
    public static bool TryScore(string vector, out CvssScore score, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(vector);
        score = default;
        var text = vector.Trim();
        var (version, metrics) = text switch
        {
            _ when text.StartsWith("CVSS:3.1/", StringComparison.Ordinal) => ("3.1", text[9..]),
            _ when text.StartsWith("CVSS:3.0/", StringComparison.Ordinal) => ("3.0", text[9..]),
            _ when text.StartsWith("CVSS:4.0/", StringComparison.Ordinal) => ("4.0", text[9..]),
            _ when text.StartsWith("CVSS:", StringComparison.Ordinal) => (string.Empty, text),
            _ => ("2.0", text),
        };
        if (version.Length == 0)
        {
            fault = $"'{vector}' is of a version of CVSS that is not known here";
            return false;
        }

        var definition = version switch { "2.0" => Cvss2.Metrics, "4.0" => Cvss4.Metrics, _ => Cvss3.Metrics };
        if (CvssMetrics.Parse(metrics, definition, out fault) is not { } values)
        {
            fault = $"'{vector}' is no CVSS {version} vector: {fault}";
            return false;
        }

        var value = version switch
        {
            "2.0" => Cvss2.Score(values),
            "4.0" => Cvss4.Score(values),
            _ => Cvss3.Score(values, version == "3.1"),
        };
        score = new CvssScore(version, value, Rate(value, version));
        fault = null;
        return true;
    }

    /// <summary>
    /// The rating of a score: CVSS 3.1 section 5 (also 3.0 and 4.0); version 2.0 has NVD's scale, which knows no critical.
    /// </summary>
    private static Severity Rate(double score, string version) => score switch
    {
        0 => Severity.Negligible,
        < 4.0 => Severity.Low,
        < 7.0 => Severity.Medium,
        < 9.0 => Severity.High,
        _ => version == "2.0" ? Severity.High : Severity.Critical,
    };
}
