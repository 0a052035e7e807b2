using System.Globalization;
using PatchContainers.Advisories;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class CvssTests
{
    [Theory]
    [InlineData("v2_score.list")]
    [InlineData("v30_score.list")]
    [InlineData("v31_score.list")]
    [InlineData("v4_score.list")]
    public void Every_row_of_the_table_has_its_score(string table)
    {
        var rows = 0;
        foreach (var line in File.ReadLines(Conformance.Path("vulndata", "cvss", table)))
        {
            var text = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (text.Length == 0)
            {
                continue;
            }

            Assert.True(Cvss.TryScore(text[0], out var score, out var fault), fault);
            Assert.True(score.Score == double.Parse(text[1], CultureInfo.InvariantCulture), $"{text[0]}: {score.Score}, not {text[1]}");
            rows++;
        }

        Assert.True(rows > 10);
    }

    [Theory]
    [InlineData("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8, Severity.Critical)]
    [InlineData("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "3.0", 7.5, Severity.High)]
    [InlineData("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H", "3.1", 5.5, Severity.Medium)]
    [InlineData("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1", 3.1, Severity.Low)]
    [InlineData("CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:N/I:N/A:N", "3.1", 0.0, Severity.Negligible)]
    [InlineData("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 9.3, Severity.Critical)]
    [InlineData("AV:N/AC:L/Au:N/C:C/I:C/A:C", "2.0", 10.0, Severity.High)]
    public void A_vector_gives_version_score_and_rating(string vector, string version, double score, Severity severity)
    {
        Assert.True(Cvss.TryScore(vector, out var actual, out _));
        Assert.Equal(new CvssScore(version, score, severity), actual);
    }

    [Theory]
    [InlineData("", "no CVSS 2.0 vector")]
    [InlineData("7.5", "it knows no '7.5'")]
    [InlineData("CVSS:5.0/AV:N", "not known here")]
    [InlineData("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "'A' is missing")]
    [InlineData("CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "'AV' stands there twice")]
    [InlineData("CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "it knows no 'AV:Q'")]
    [InlineData("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "it knows no 'S:U'")]
    public void What_is_no_vector_is_refused_with_its_fault(string vector, string fault)
    {
        Assert.False(Cvss.TryScore(vector, out _, out var actual));
        Assert.Contains(fault, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worse_impact_never_lowers_the_score_in_any_version()
    {
        foreach (var av in (string[])["N", "A", "L", "P"])
        foreach (var ac in (string[])["L", "H"])
        foreach (var pr in (string[])["N", "L", "H"])
        foreach (var c in (string[])["N", "L", "H"])
        foreach (var i in (string[])["N", "L", "H"])
        foreach (var a in (string[])["N", "L"])
        {
            Assert.True(Score($"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:N/S:U/C:{c}/I:{i}/A:{a}")
                <= Score($"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:N/S:U/C:{c}/I:{i}/A:H"));
            Assert.True(Score($"CVSS:4.0/AV:{av}/AC:{ac}/AT:N/PR:{pr}/UI:N/VC:{c}/VI:{i}/VA:{a}/SC:N/SI:N/SA:N")
                <= Score($"CVSS:4.0/AV:{av}/AC:{ac}/AT:N/PR:{pr}/UI:N/VC:{c}/VI:{i}/VA:H/SC:N/SI:N/SA:N"));
        }

        static double Score(string vector)
        {
            Assert.True(Cvss.TryScore(vector, out var score, out var fault), fault);
            return score.Score;
        }
    }
}
