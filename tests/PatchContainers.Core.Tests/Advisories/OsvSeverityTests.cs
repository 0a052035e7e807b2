using PatchContainers.Advisories.Osv;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class OsvSeverityTests
{
    private const string V3High = """{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}""";
    private const string V3Critical = """{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}""";
    private const string V4Medium = """{"type":"CVSS_V4","score":"CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"}""";
    private const string Medium = """{"type":"Ubuntu","score":"medium"}""";
    private const string Broken = """{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}""";

    /// <summary>
    /// Ecosystem, the record's severity, the package's severity, further members of the package, expected severity, source and vector.
    /// </summary>
    public static TheoryData<string, string, string, string, Severity, string, string> Rows => new()
    {
        { "Debian:12", "", "", "", Severity.Unknown, "", "" },
        { "Debian:12", V3High, "", "", Severity.High, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" },
        { "Debian:12", V3High, V3Critical, "", Severity.Critical, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },

        // The newest version of CVSS counts, and of one version the highest score.
        { "Debian:12", $"{V3Critical},{V4Medium}", "", "", Severity.Medium, "cvss", "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N" },
        { "Debian:12", V3High, Broken, "", Severity.High, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" },
        { "Debian:12", $"{V3High},{V3Critical}", "", "", Severity.Critical, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
        { "Debian:12", $"{Broken},{V3High}", "", "", Severity.High, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" },
        { "Ubuntu:22.04:LTS", $"{Broken},{Medium}", "", "", Severity.Medium, "ubuntu", "CVSS:3.1/AV:N" },
        { "Ubuntu:22.04:LTS", $"{V3High},{Medium}", "", "", Severity.High, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" },
        { "Ubuntu:22.04:LTS", Medium, """{"type":"Ubuntu","score":"negligible"}""", "", Severity.Negligible, "ubuntu", "" },
        { "Debian:12", "", "", Urgency("high"), Severity.High, "debian", "" },
        { "Debian:12", "", "", Urgency("medium**"), Severity.Medium, "debian", "" },
        { "Debian:12", "", "", Urgency("low"), Severity.Low, "debian", "" },
        { "Debian:12", "", "", Urgency("not yet assigned"), Severity.Unknown, "", "" },
        { "Debian:12", "", "", Urgency("end-of-life"), Severity.Unknown, "", "" },
        { "Debian:12", "", "", Urgency("unimportant"), Severity.Negligible, "debian", "" },

        // Debian says of its own package that the flaw does no harm there; the vector is about the flaw in general.
        { "Debian:12", V3Critical, "", Urgency("unimportant"), Severity.Negligible, "debian", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
        { "npm", "", "", ""","database_specific":{"severity":"MODERATE"}""", Severity.Medium, "x", "" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_severity_is_chosen_in_a_fixed_order_and_says_its_source(
        string ecosystem, string record, string package, string more, Severity severity, string source, string cvss)
    {
        var json = $$"""
            {"id":"X-1","modified":"2024-01-01T00:00:00Z","severity":[{{record}}],
             "affected":[{"package":{"ecosystem":"{{ecosystem}}","name":"a"},"severity":[{{package}}]{{more}}}]}
            """;
        var parsed = new OsvRecordParser(new OsvLimits()).Parse(System.Text.Encoding.UTF8.GetBytes(json));
        var affected = Assert.Single(parsed.Ecosystems[ecosystem].Affected);
        Assert.Equal((severity, source, cvss), (affected.Severity, affected.SeveritySource, affected.Cvss));
    }

    private static string Urgency(string urgency) => $$""","ecosystem_specific":{"urgency":"{{urgency}}"}""";
}
