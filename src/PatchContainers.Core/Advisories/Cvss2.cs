namespace PatchContainers.Advisories;

/// <summary>CVSS 2.0 (A Complete Guide to the Common Vulnerability Scoring System Version 2.0, section 3.2).</summary>
internal static class Cvss2
{
    /// <summary>The metrics of this version.</summary>
    public static IReadOnlyList<CvssMetric> Metrics { get; } =
    [
        new("AV", ["L", "A", "N"]), new("AC", ["H", "M", "L"]), new("Au", ["M", "S", "N"]),
        new("C", ["N", "P", "C"]), new("I", ["N", "P", "C"]), new("A", ["N", "P", "C"]),
        new("E", ["U", "POC", "F", "H", "ND"], "ND"), new("RL", ["OF", "TF", "W", "U", "ND"], "ND"),
        new("RC", ["UC", "UR", "C", "ND"], "ND"),
        new("CDP", ["N", "L", "LM", "MH", "H", "ND"], "ND"), new("TD", ["N", "L", "M", "H", "ND"], "ND"),
        new("CR", ["L", "M", "H", "ND"], "ND"), new("IR", ["L", "M", "H", "ND"], "ND"), new("AR", ["L", "M", "H", "ND"], "ND"),
    ];

    /// <summary>
    /// The environmental score where environmental metrics are given, else the temporal score, which is the base score without temporal
    /// metrics.
    /// </summary>
    public static double Score(CvssMetrics m)
    {
        if (!m.AnyOther("ND", "CDP", "TD", "CR", "IR", "AR"))
        {
            return Temporal(m, Base(m, 10.41 * (1 - ((1 - Impact(m["C"])) * (1 - Impact(m["I"])) * (1 - Impact(m["A"]))))));
        }

        var adjustedImpact = Math.Min(10, 10.41 * (1 - ((1 - (Impact(m["C"]) * Requirement(m["CR"])))
            * (1 - (Impact(m["I"]) * Requirement(m["IR"]))) * (1 - (Impact(m["A"]) * Requirement(m["AR"]))))));
        var adjustedTemporal = Temporal(m, Base(m, adjustedImpact));
        var collateral = m["CDP"] switch { "L" => 0.1, "LM" => 0.3, "MH" => 0.4, "H" => 0.5, _ => 0.0 };
        var targets = m["TD"] switch { "N" => 0.0, "L" => 0.25, "M" => 0.75, _ => 1.0 };
        return Round((adjustedTemporal + ((10 - adjustedTemporal) * collateral)) * targets);
    }

    private static double Base(CvssMetrics m, double impact)
    {
        var exploitability = 20
            * m["AV"] switch { "L" => 0.395, "A" => 0.646, _ => 1.0 }
            * m["AC"] switch { "H" => 0.35, "M" => 0.61, _ => 0.71 }
            * m["Au"] switch { "M" => 0.45, "S" => 0.56, _ => 0.704 };
        return Round(((0.6 * impact) + (0.4 * exploitability) - 1.5) * (impact == 0 ? 0 : 1.176));
    }

    private static double Temporal(CvssMetrics m, double score) => Round(score
        * m["E"] switch { "U" => 0.85, "POC" => 0.9, "F" => 0.95, _ => 1.0 }
        * m["RL"] switch { "OF" => 0.87, "TF" => 0.9, "W" => 0.95, _ => 1.0 }
        * m["RC"] switch { "UC" => 0.9, "UR" => 0.95, _ => 1.0 });

    private static double Impact(string value) => value switch { "P" => 0.275, "C" => 0.660, _ => 0.0 };

    private static double Requirement(string value) => value switch { "L" => 0.5, "H" => 1.51, _ => 1.0 };

    private static double Round(double value) => Math.Round(value, 1, MidpointRounding.AwayFromZero);
}
