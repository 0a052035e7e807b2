using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Advisories;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Versions;
using PatchContainers.TestKit.Advisories;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class AdvisoryMatcherTests : IDisposable
{
    private readonly AdvisoryFixture _fixture = new();

    /// <summary>Events, version, and the verdict by the schema's evaluation ("not" where the version is not affected).</summary>
    public static TheoryData<string, string, string> Ranges => new()
    {
        { "introduced=0", "1.0-1", "NotFixed" },
        { "introduced=0 fixed=1.0-2", "1.0-1", "Fixed 1.0-2" },
        { "introduced=0 fixed=1.0-2", "1.0-2", "not" },
        { "introduced=0 fixed=1.0-2", "1.0-2~deb12u1", "Fixed 1.0-2" },
        { "introduced=0 fixed=1:1.0-2", "9.0-1", "Fixed 1:1.0-2" },
        { "introduced=1.5 fixed=2.0", "1.4", "not" },
        { "introduced=1.5 fixed=2.0", "1.5", "Fixed 2.0" },
        { "introduced=1.0 fixed=1.5 introduced=2.0 fixed=2.5", "1.7", "not" },
        { "introduced=1.0 fixed=1.5 introduced=2.0 fixed=2.5", "1.2", "Fixed 1.5" },
        { "introduced=1.0 fixed=1.5 introduced=2.0 fixed=2.5", "2.2", "Fixed 2.5" },
        { "introduced=1.0 fixed=1.5 introduced=2.0 fixed=2.5", "2.5", "not" },

        // The order of the events means nothing.
        { "fixed=2.5 introduced=2.0 fixed=1.5 introduced=1.0", "2.2", "Fixed 2.5" },
        { "fixed=2.5 fixed=1.5 introduced=2.0 introduced=0", "1.2", "Fixed 1.5" },
        { "introduced=0 last_affected=1.5", "1.5", "Unknown" },
        { "introduced=0 last_affected=1.5", "1.5-1", "not" },
        { "introduced=0 last_affected=1.5 introduced=2.0", "2.1", "NotFixed" },
        { "introduced=0 last_affected=1.5 introduced=1.5", "1.5", "Unknown" },

        // One version alone; and events at one version, of which the later named one counts.
        { "introduced=1.5 last_affected=1.5", "1.4", "not" },
        { "introduced=1.5 last_affected=1.5", "1.5", "Unknown" },
        { "introduced=1.5 last_affected=1.5", "1.5-1", "not" },
        { "introduced=1.5 last_affected=1.5 introduced=2.0 fixed=2.5", "1.7", "not" },
        { "introduced=0 last_affected=1.5 introduced=1.5 fixed=2.0", "1.7", "Fixed 2.0" },
        { "introduced=0 fixed=1.5 introduced=1.5 fixed=2.0", "1.5", "Fixed 2.0" },

        // Alpine's "0" and Debian's not affected: fixed before the beginning, which is before 0~git too.
        { "introduced=0 fixed=0", "1.0", "not" },
        { "introduced=0 fixed=0", "0~git2019-1", "not" },
        { "introduced=0 fixed=0 introduced=1.0 fixed=1.5", "0~git2019-1", "not" },
        { "introduced=0 fixed=0 introduced=1.0 fixed=1.5", "1.2", "Fixed 1.5" },

        // The beginning is before every version, 0~git included.
        { "introduced=0 fixed=0~git2020-1", "0~git2019-1", "Fixed 0~git2020-1" },
        { "introduced=0 fixed=0~git2020-1", "0~git2021-1", "not" },

        // What says only where it ends began at the beginning.
        { "fixed=1.0", "0.9", "Fixed 1.0" },

        // Two ranges: the version that leaves both.
        { "introduced=0 fixed=1.5 | introduced=1.0 fixed=2.0", "1.2", "Fixed 2.0" },
        { "introduced=0 fixed=1.5 | introduced=1.0", "1.2", "NotFixed" },
        { "introduced=0 fixed=1.5 | introduced=1.0 fixed=2.0", "1.7", "Fixed 2.0" },
        { "introduced=0 fixed=1.5 | introduced=1.0 fixed=2.0", "0.5", "Fixed 1.5" },
        { "versions=1.0,1.1", "1.1", "Unknown" },
        { "versions=1.0,1.1", "1.2", "not" },
        { "versions=1.0-0", "1.0", "Unknown" },
        { "introduced=2.0 fixed=3.0 versions=1.0", "1.0", "Unknown" },
        { "introduced=0 fixed=3.0 versions=1.0", "1.0", "Fixed 3.0" },
        { "versions=1.0,b:roken", "b:roken", "Unknown" },

        // A version that is none: not known, unless the list knows.
        { "introduced=0 fixed=b:roken", "1.0", "? b:roken" },
        { "introduced=0 fixed=b:roken versions=1.0", "1.0", "Unknown" },
        { "introduced=0 fixed=1.5 | introduced=0 fixed=b:roken", "1.0", "Unknown" },
        { "introduced=0 fixed=b:roken | introduced=0 fixed=1.5", "1.0", "Unknown" },
        { "introduced=0 fixed=b:roken | introduced=0 fixed=1.5", "1.5", "? b:roken" },
        { "", "1.0", "Unknown" },
        { "git", "1.0", "? " },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task A_range_is_evaluated_as_the_schema_says(string ranges, string version, string expected)
    {
        await _fixture.ImportTextAsync(Record("DEBIAN-CVE-2024-0001", ranges));
        Assert.Equal(expected == "not" ? [] : [$"CVE-2024-0001 {expected}"], _fixture.Match("Debian:12", "a", version));
    }

    [Fact]
    public void Any_range_agrees_with_the_evaluation_written_down_plainly()
    {
        var number = Gen.Choose(0, 6);
        var kinds = Gen.Elements(RangeEventKind.Introduced, RangeEventKind.Fixed, RangeEventKind.LastAffected);
        var events = Gen.ListOf(from kind in kinds from at in number select (kind, at)).Where(e => e.Any(x => x.kind == RangeEventKind.Introduced));
        Check.QuickThrowOnFailure(Prop.ForAll(events.ToArbitrary(), number.ToArbitrary(), (list, at) =>
        {
            // Events at one version contradict each other; the schema leaves that open.
            var range = list.DistinctBy(e => e.at).ToArray();
            if (!range.Any(e => e.kind == RangeEventKind.Introduced))
            {
                return;
            }

            var expected = false;
            foreach (var (kind, position) in range.OrderBy(e => e.at))
            {
                expected = kind switch
                {
                    RangeEventKind.Introduced when at >= position => true,
                    RangeEventKind.Fixed when at >= position => false,
                    RangeEventKind.LastAffected when at > position => false,
                    _ => expected,
                };
            }

            using var fixture = new AdvisoryFixture();
            fixture.ImportTextAsync(Record("X-1", string.Join(' ', range.Select(e => $"{Name(e.kind)}={e.at}.0")))).GetAwaiter().GetResult();
            Assert.Equal(expected, fixture.Match("Debian:12", "a", $"{at}.0").Length == 1);
        }));

        static string Name(RangeEventKind kind) => kind switch { RangeEventKind.Introduced => "introduced", RangeEventKind.Fixed => "fixed", _ => "last_affected" };
    }

    [Fact]
    public async Task A_record_of_the_vulnerability_decides_over_notices_and_a_notice_counts_where_there_is_none()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "1.5")),
            OsvJson.Record("DSA-1000-1", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "2.0"))
                .With("upstream", "CVE-2024-0001", "DEBIAN-CVE-2024-0001", "CVE-2024-0002"));
        Assert.Equal(["CVE-2024-0001 Fixed 1.5", "CVE-2024-0002 Fixed 2.0"], _fixture.Match("Debian:12", "a", "1.0"));
        Assert.Equal(["CVE-2024-0002 Fixed 2.0"], _fixture.Match("Debian:12", "a", "1.6"));
        Assert.Empty(_fixture.Match("Debian:12", "a", "2.0"));
    }

    [Fact]
    public async Task A_record_that_cannot_be_compared_does_not_silence_a_notice()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "b:roken")),
            OsvJson.Record("DSA-1000-1", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "2.0")).With("upstream", "CVE-2024-0001"));
        Assert.Equal(["CVE-2024-0001 Fixed 2.0"], _fixture.Match("Debian:12", "a", "1.0"));
        Assert.Equal(["CVE-2024-0001 ? b:roken"], _fixture.Match("Debian:12", "a", "2.0"));
    }

    [Fact]
    public async Task Two_notices_about_one_vulnerability_need_both_their_fixes()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DSA-1000-1", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "1.5")).With("aliases", "CVE-2024-0001"),
            OsvJson.Record("DSA-1000-2", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", "1.6")).With("aliases", "CVE-2024-0001"));
        Assert.Equal(["CVE-2024-0001 Fixed 1.6"], _fixture.Match("Debian:12", "a", "1.0"));
        Assert.Equal(["CVE-2024-0001 Fixed 1.6"], _fixture.Match("Debian:12", "a", "1.5"));
    }

    [Fact]
    public async Task What_the_distribution_will_not_fix_is_told_from_what_is_not_fixed_yet()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:10", "a", null, "end-of-life")),
            OsvJson.Record("DEBIAN-CVE-2024-0002", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:10", "a", null, "not yet assigned")),
            OsvJson.Record("DEBIAN-CVE-2024-0003", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:10", "a", "2.0", "end-of-life")));
        Assert.Equal(["CVE-2024-0001 WontFix", "CVE-2024-0002 NotFixed", "CVE-2024-0003 Fixed 2.0"], _fixture.Match("Debian:10", "a", "1.0"));
    }

    [Fact]
    public async Task Packages_are_found_by_their_whole_name_alone()
    {
        string[] names = ["a", "ab", "b", "linux-6.1", "zlib", "ä", "\uFB01", "\U0001F600"];
        await _fixture.ImportTextAsync(names.Select((n, i) =>
            (object)OsvJson.Record($"X-{i}", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", n, null))).ToArray());
        Assert.All(names, (n, i) => Assert.Equal([$"X-{i} NotFixed"], _fixture.Match("Debian:12", n, "1.0")));
        Assert.All(["", "aa", "A", "zlibx", "c"], n => Assert.Empty(_fixture.Match("Debian:12", n, "1.0")));
    }

    [Fact]
    public async Task Matching_allocates_nothing_where_there_is_no_hit()
    {
        await _fixture.ImportTextAsync(Enumerable.Range(0, 500).Select(i =>
            (object)OsvJson.Record($"DEBIAN-CVE-2024-{i:0000}", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", $"1.{i}"))).ToArray());
        using var database = _fixture.Open("Debian:12");
        var matcher = new AdvisoryMatcher(VersionOrder.Debian);
        var verdicts = new List<AdvisoryVerdict>();
        matcher.Match(database, "a", "2.0", false, verdicts);
        var before = GC.GetAllocatedBytesForCurrentThread();
        matcher.Match(database, "a", "2.0", false, verdicts);
        matcher.Match(database, "unknown", "2.0", false, verdicts);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Empty(verdicts);
    }

    [Theory]
    [InlineData("DEBIAN-CVE-2023-1234", "", "", "CVE-2023-1234: DEBIAN-CVE-2023-1234")]
    [InlineData("CVE-2023-1234", "GHSA-1", "", "CVE-2023-1234: GHSA-1")]
    [InlineData("UBUNTU-CVE-2023-1234", "CVE-2023-1234", "USN-1-1 CVE-2020-9999", "CVE-2023-1234: UBUNTU-CVE-2023-1234")]
    [InlineData("DSA-1-1", "CVE-2023-1234", "", "CVE-2023-1234: DSA-1-1")]
    [InlineData("DSA-1-1", "CVE-2023-1234 DEBIAN-CVE-2023-1234 CVE-2023-1235", "CVE-2020-9999",
        "CVE-2023-1234: DSA-1-1 DEBIAN-CVE-2023-1234; CVE-2023-1235: DSA-1-1")]
    [InlineData("USN-1-1", "UBUNTU-CVE-2023-1234", "", "CVE-2023-1234: USN-1-1 UBUNTU-CVE-2023-1234")]
    [InlineData("ALSA-2026:1", "", "CVE-2023-1234 CVE-2023-1235", "CVE-2023-1234: ALSA-2026:1; CVE-2023-1235: ALSA-2026:1")]
    [InlineData("DSA-1-1", "", "", "DSA-1-1: ")]
    [InlineData("GHSA-1", "PYSEC-1 CVE-2023-1234", "", "CVE-2023-1234: GHSA-1 PYSEC-1")]
    [InlineData("XCVE-2023-1234", "", "", "XCVE-2023-1234: ")]
    [InlineData("DEBIAN-CVE-24-1234", "", "", "DEBIAN-CVE-24-1234: ")]
    public void A_record_is_about_the_vulnerabilities_that_its_names_tell(string id, string names, string related, string expected)
    {
        var vulnerabilities = PatchContainers.Advisories.Osv.OsvNames.Vulnerabilities(id, Split(names), Split(related), out _);
        Assert.Equal(expected, string.Join("; ", vulnerabilities.Select(v => $"{v.Id}: {string.Join(' ', v.Aliases)}")));

        static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void A_notice_about_thousands_of_vulnerabilities_is_read_in_time_that_grows_with_it()
    {
        var cves = Enumerable.Range(10_000, 9_000).Select(i => $"CVE-2024-{i}").ToArray();
        var vulnerabilities = PatchContainers.Advisories.Osv.OsvNames.Vulnerabilities("USN-1-1", [.. cves, .. cves.Select(c => "UBUNTU-" + c)], [], out _);
        Assert.Equal(cves, vulnerabilities.Select(v => v.Id));
        Assert.All(vulnerabilities, v => Assert.Equal(["USN-1-1", "UBUNTU-" + v.Id], v.Aliases));
    }

    public void Dispose() => _fixture.Dispose();

    /// <summary>A record of package a in Debian:12: ranges of kind=version, split by '|', and a list of versions.</summary>
    private static string Record(string id, string ranges)
    {
        var versions = new List<string>();
        var json = new List<string>();
        foreach (var range in ranges.Split('|'))
        {
            var events = new List<string>();
            foreach (var item in range.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                switch (item.Split('='))
                {
                    case ["git"]:
                        json.Add("""{"type":"GIT","repo":"https://git.example/a","events":[{"introduced":"0"}]}""");
                        break;
                    case ["versions", var list]:
                        versions.AddRange(list.Split(',').Select(v => $"\"{v}\""));
                        break;
                    case [var kind, var version]:
                        events.Add($$"""{"{{kind}}":"{{version}}"}""");
                        break;
                }
            }

            if (events.Count > 0)
            {
                json.Add($$"""{"type":"ECOSYSTEM","events":[{{string.Join(',', events)}}]}""");
            }
        }

        return $$"""
            {"id":"{{id}}","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"a"},
             "ranges":[{{string.Join(',', json)}}],"versions":[{{string.Join(',', versions)}}]}]}
            """;
    }
}
