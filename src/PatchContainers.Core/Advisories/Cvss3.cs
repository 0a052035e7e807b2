namespace PatchContainers.Advisories;

/// <summary>CVSS 3.0 and 3.1 (specification documents, section 7; metric values in section 7.4).</summary>
internal static class Cvss3
{
    /// <summary>The metrics of both versions.</summary>
    public static IReadOnlyList<CvssMetric> Metrics { get; } =
    [
        new("AV", ["N", "A", "L", "P"]), new("AC", ["L", "H"]), new("PR", ["N", "L", "H"]), new("UI", ["N", "R"]), new("S", ["U", "C"]),
        new("C", ["H", "L", "N"]), new("I", ["H", "L", "N"]), new("A", ["H", "L", "N"]),
        new("E", ["X", "H", "F", "P", "U"], "X"), new("RL", ["X", "U", "W", "T", "O"], "X"), new("RC", ["X", "C", "R", "U"], "X"),
        new("CR", ["X", "H", "M", "L"], "X"), new("IR", ["X", "H", "M", "L"], "X"), new("AR", ["X", "H", "M", "L"], "X"),
        new("MAV", ["X", "N", "A", "L", "P"], "X"), new("MAC", ["X", "L", "H"], "X"), new("MPR", ["X", "N", "L", "H"], "X"),
        new("MUI", ["X", "N", "R"], "X"), new("MS", ["X", "U", "C"], "X"),
        new("MC", ["X", "H", "L", "N"], "X"), new("MI", ["X", "H", "L", "N"], "X"), new("MA", ["X", "H", "L", "N"], "X"),
    ];

    /// <summary>
    /// The environmental score where environmental metrics are given, else the temporal score, which is the base score without temporal
    /// metrics.
    /// </summary>
    public static double Score(CvssMetrics m, bool is31)
    {
        var environmental = m.AnyOther("X", "CR", "IR", "AR", "MAV", "MAC", "MPR", "MUI", "MS", "MC", "MI", "MA");
        var changed = (environmental ? m.Effective("S") : m["S"]) == "C";
        var iss = environmental
            ? Math.Min(0.915, 1 - ((1 - (Impact(m.Effective("C")) * Requirement(m["CR"])))
                * (1 - (Impact(m.Effective("I")) * Requirement(m["IR"]))) * (1 - (Impact(m.Effective("A")) * Requirement(m["AR"])))))
            : 1 - ((1 - Impact(m["C"])) * (1 - Impact(m["I"])) * (1 - Impact(m["A"])));

        // 3.1 changed the modified impact of a changed scope (section 7.3), and that one only.
        var impact = !changed ? 6.42 * iss
            : environmental && is31 ? (7.52 * (iss - 0.029)) - (3.25 * Math.Pow((iss * 0.9731) - 0.02, 13))
            : (7.52 * (iss - 0.029)) - (3.25 * Math.Pow(iss - 0.02, 15));
        if (impact <= 0)
        {
            return 0;
        }

        var exploitability = 8.22
            * Value("AV") switch { "N" => 0.85, "A" => 0.62, "L" => 0.55, _ => 0.2 }
            * Value("AC") switch { "L" => 0.77, _ => 0.44 }
            * Value("PR") switch { "N" => 0.85, "L" => changed ? 0.68 : 0.62, _ => changed ? 0.5 : 0.27 }
            * Value("UI") switch { "N" => 0.85, _ => 0.62 };
        var score = RoundUp(Math.Min((changed ? 1.08 : 1) * (impact + exploitability), 10), is31);
        return RoundUp(score
            * m["E"] switch { "F" => 0.97, "P" => 0.94, "U" => 0.91, _ => 1.0 }
            * m["RL"] switch { "W" => 0.97, "T" => 0.96, "O" => 0.95, _ => 1.0 }
            * m["RC"] switch { "R" => 0.96, "U" => 0.92, _ => 1.0 }, is31);

        string Value(string name) => environmental ? m.Effective(name) : m[name];
    }

    private static double Impact(string value) => value switch { "H" => 0.56, "L" => 0.22, _ => 0.0 };

    private static double Requirement(string value) => value switch { "H" => 1.5, "L" => 0.5, _ => 1.0 };

    /// <summary>
    /// The smallest number with one decimal place that is not below the value. 3.1 defines it on integers (appendix A), since floating
    /// point made implementations of 3.0 differ.
    /// </summary>
    private static double RoundUp(double value, bool is31)
    {
        if (!is31)
        {
            return Math.Ceiling(Math.Round(value * 10, 9)) / 10;
        }

        var scaled = (long)Math.Round(value * 100_000);
        return scaled % 10_000 == 0 ? scaled / 100_000.0 : ((scaled / 10_000) + 1) / 10.0;
    }
}
