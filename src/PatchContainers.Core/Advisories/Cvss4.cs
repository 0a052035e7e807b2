namespace PatchContainers.Advisories;

/// <summary>
/// CVSS 4.0 (specification document, section 8): a vector belongs to a MacroVector, which has a score; the vector's distance from the
/// worst vector of its MacroVector, in each of the equivalence sets, interpolates towards the next lower MacroVectors.
/// </summary>
internal static class Cvss4
{
    /// <summary>The metrics of this version.</summary>
    public static IReadOnlyList<CvssMetric> Metrics { get; } =
    [
        new("AV", ["N", "A", "L", "P"]), new("AC", ["L", "H"]), new("AT", ["N", "P"]),
        new("PR", ["N", "L", "H"]), new("UI", ["N", "P", "A"]),
        new("VC", ["H", "L", "N"]), new("VI", ["H", "L", "N"]), new("VA", ["H", "L", "N"]),
        new("SC", ["H", "L", "N"]), new("SI", ["H", "L", "N"]), new("SA", ["H", "L", "N"]),
        new("E", ["X", "A", "P", "U"], "X"),
        new("CR", ["X", "H", "M", "L"], "X"), new("IR", ["X", "H", "M", "L"], "X"), new("AR", ["X", "H", "M", "L"], "X"),
        new("MAV", ["X", "N", "A", "L", "P"], "X"), new("MAC", ["X", "L", "H"], "X"), new("MAT", ["X", "N", "P"], "X"),
        new("MPR", ["X", "N", "L", "H"], "X"), new("MUI", ["X", "N", "P", "A"], "X"),
        new("MVC", ["X", "H", "L", "N"], "X"), new("MVI", ["X", "H", "L", "N"], "X"), new("MVA", ["X", "H", "L", "N"], "X"),
        new("MSC", ["X", "H", "L", "N"], "X"), new("MSI", ["X", "S", "H", "L", "N"], "X"), new("MSA", ["X", "S", "H", "L", "N"], "X"),
        new("S", ["X", "N", "P"], "X"), new("AU", ["X", "N", "Y"], "X"),
        new("R", ["X", "A", "U", "I"], "X"), new("V", ["X", "D", "C"], "X"),
        new("RE", ["X", "L", "M", "H"], "X"), new("U", ["X", "Clear", "Green", "Amber", "Red"], "X"),
    ];

    /// <summary>The score of the vector with all its threat and environmental metrics.</summary>
    public static double Score(CvssMetrics m)
    {
        // A metric's level counts the steps from its worst value.
        int av = Level("AV", "NALP"), pr = Level("PR", "NLH"), ui = Level("UI", "NPA"), ac = Level("AC", "LH"), at = Level("AT", "NP");
        int vc = Level("VC", "HLN"), vi = Level("VI", "HLN"), va = Level("VA", "HLN");
        int sc = Level("SC", "SHLN"), si = Level("SI", "SHLN"), sa = Level("SA", "SHLN");
        int cr = Requirement("CR"), ir = Requirement("IR"), ar = Requirement("AR");
        if (vc + vi + va == 6 && sc + si + sa == 9)
        {
            return 0;
        }

        var eq1 = av + pr + ui == 0 ? 0 : av < 3 && (av == 0 || pr == 0 || ui == 0) ? 1 : 2;
        var eq2 = ac + at == 0 ? 0 : 1;
        var eq3 = vc == 0 && vi == 0 ? 0 : vc == 0 || vi == 0 || va == 0 ? 1 : 2;
        var eq4 = si == 0 || sa == 0 ? 0 : sc == 1 || si == 1 || sa == 1 ? 1 : 2;
        var eq5 = m["E"] switch { "P" => 1, "U" => 2, _ => 0 };
        var eq6 = (vc == 0 && cr == 0) || (vi == 0 && ir == 0) || (va == 0 && ar == 0) ? 0 : 1;

        var score = Cvss4Scores.Of(eq1, eq2, eq3, eq4, eq5, eq6)!.Value;
        var sum = 0.0;
        var count = 0;
        Add(Cvss4Scores.Of(eq1 + 1, eq2, eq3, eq4, eq5, eq6), Distance([av, pr, ui], Worst1[eq1]), eq1 switch { 0 => 1, 1 => 4, _ => 5 });
        Add(Cvss4Scores.Of(eq1, eq2 + 1, eq3, eq4, eq5, eq6), Distance([ac, at], Worst2[eq2]), eq2 + 1);
        var impactDepth = (eq3, eq6) switch { (0, 0) => 7, (0, _) => 6, (1, _) => 8, _ => 10 };
        Add(NextImpact(), Distance([vc, vi, va, cr, ir, ar], WorstImpact(eq3, eq6)), impactDepth);
        Add(Cvss4Scores.Of(eq1, eq2, eq3, eq4 + 1, eq5, eq6), Distance([sc, si, sa], Worst4[eq4]), 6 - eq4);
        Add(Cvss4Scores.Of(eq1, eq2, eq3, eq4, eq5 + 1, eq6), 0, 1);

        // Half a tenth rounds up; the small addition keeps binary fractions from falling below it.
        var mean = count == 0 ? 0 : sum / count;
        return Math.Floor((Math.Clamp(score - mean, 0, 10) * 10) + 0.5 + 1e-5) / 10;

        void Add(double? nextLower, int distance, int depth)
        {
            if (nextLower is { } lower)
            {
                sum += (score - lower) * distance / depth;
                count++;
            }
        }

        // EQ3 and EQ6 depend on each other, so they step together; from 00 two steps lead down, and the higher one counts.
        double? NextImpact() => (eq3, eq6) switch
        {
            (0, 0) => Math.Max(Cvss4Scores.Of(eq1, eq2, 0, eq4, eq5, 1)!.Value, Cvss4Scores.Of(eq1, eq2, 1, eq4, eq5, 0)!.Value),
            (1, 0) => Cvss4Scores.Of(eq1, eq2, 1, eq4, eq5, 1),
            _ => Cvss4Scores.Of(eq1, eq2, eq3 + 1, eq4, eq5, 1),
        };

        int Level(string name, string worstFirst) => worstFirst.IndexOf(m.Effective(name), StringComparison.Ordinal);

        int Requirement(string name) => m[name] switch { "M" => 1, "L" => 2, _ => 0 };
    }

    // The worst vectors of each level, as levels in the order AV PR UI, AC AT, VC VI VA CR IR AR, SC SI SA.
    private static readonly int[][][] Worst1 = [[[0, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[3, 0, 0], [1, 1, 1]]];
    private static readonly int[][][] Worst2 = [[[0, 0]], [[1, 0], [0, 1]]];
    private static readonly int[][][] Worst4 = [[[1, 0, 0]], [[1, 1, 1]], [[2, 2, 2]]];

    private static int[][] WorstImpact(int eq3, int eq6) => (eq3, eq6) switch
    {
        (0, 0) => [[0, 0, 0, 0, 0, 0]],
        (0, _) => [[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]],
        (1, 0) => [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]],
        (1, _) => [[1, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1], [0, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 1]],
        _ => [[1, 1, 1, 0, 0, 0]],
    };

    /// <summary>The steps from the first worst vector that is at least as bad in every metric.</summary>
    private static int Distance(ReadOnlySpan<int> levels, int[][] worst)
    {
        foreach (var candidate in worst)
        {
            var sum = 0;
            var below = false;
            for (var i = 0; i < levels.Length; i++)
            {
                below |= levels[i] < candidate[i];
                sum += levels[i] - candidate[i];
            }

            if (!below)
            {
                return sum;
            }
        }

        return 0;
    }
}
