using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Osv;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class OsvRecordParserTests
{
    // The shape of osv.dev's records: every member that decides something, and some that do not.
    private const string Record = """
        {
          "schema_version": "1.7.3", "id": "DEBIAN-CVE-2024-58382", "published": "0001-01-01T00:00:00Z", "modified": "2026-09-12T11:00:05.986201214Z",
          "upstream": ["CVE-2024-58382"], "related": ["DSA-1-1"], "details": "polynomial \"time\" ä",
          "affected": [
            {
              "package": {"name": "php-league-commonmark", "ecosystem": "Debian:12", "purl": "pkg:deb/debian/php-league-commonmark?arch=source"},
              "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.6.0-1"}]}, {"type": "GIT", "events": [{"introduced": "0"}]}],
              "versions": ["2.3.9-1", "2.3.9-1+deb12u1", "2.7.0-1"],
              "ecosystem_specific": {"urgency": "end-of-life"},
              "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
            },
            {"package": {"name": "php-league-commonmark", "ecosystem": "Debian:13"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}], "versions": ["1"]},
            {"ranges": [{"type": "GIT", "repo": "https://git.example", "events": [{"introduced": "0"}]}]}
          ],
          "references": [{"type": "WEB", "url": "https://example.org/web"}, {"type": "ADVISORY", "url": "https://security-tracker.debian.org/tracker/CVE-2024-58382"}],
          "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}]
        }
        """;

    private readonly OsvRecordParser _parser = new(new OsvLimits());

    [Fact]
    public void A_record_is_split_by_ecosystem_with_what_decides_in_each()
    {
        var record = _parser.Parse(Encoding.UTF8.GetBytes(Record));
        Assert.Equal(("DEBIAN-CVE-2024-58382", false), (record.Id, record.IsWithdrawn));
        Assert.Equal(["Debian:12", "Debian:13"], record.Ecosystems.Keys);
        var advisory = record.Ecosystems["Debian:12"];
        Assert.Equal("https://security-tracker.debian.org/tracker/CVE-2024-58382", advisory.Url);
        Assert.False(advisory.IsNotice);
        Assert.Equivalent(new[] { new AdvisoryVulnerability("CVE-2024-58382", ["DEBIAN-CVE-2024-58382"]) }, advisory.Vulnerabilities, strict: true);
        var affected = Assert.Single(advisory.Affected);
        Assert.Equal([new RangeEvent(RangeEventKind.Introduced, "0"), new RangeEvent(RangeEventKind.Fixed, "2.6.0-1")], Assert.Single(affected.Ranges));
        Assert.Equal(AffectedTraits.WontFix, affected.Traits);

        // What the range holds already is not kept.
        Assert.Equal(["2.7.0-1"], affected.Versions);
        Assert.Empty(Assert.Single(record.Ecosystems["Debian:13"].Affected).Versions);
    }

    [Fact]
    public void What_decides_nothing_and_cannot_be_used_costs_no_record()
    {
        var text = Record
            .Replace("https://security-tracker.debian.org", "https://" + new string('x', 3000), StringComparison.Ordinal)
            .Replace("\"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N\"", "7.5", StringComparison.Ordinal)
            .Replace("\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"", "\"\\u001b[31m\"", StringComparison.Ordinal);
        var advisory = _parser.Parse(Encoding.UTF8.GetBytes(text)).Ecosystems["Debian:12"];
        Assert.Equal("https://example.org/web", advisory.Url);
        Assert.Equal(("", ""), (advisory.Affected[0].SeveritySource, advisory.Affected[0].Cvss));
    }

    [Fact]
    public void A_damaged_record_is_read_or_refused_and_nothing_else()
    {
        var bytes = Encoding.UTF8.GetBytes(Record);
        var damage = from at in Gen.Choose(0, bytes.Length - 1)
                     from value in Gen.Choose(0, 255)
                     from cut in Gen.Choose(0, 20)
                     select (at, (byte)value, cut);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(damage.ToArbitrary(), d =>
        {
            var damaged = bytes.ToArray();
            damaged[d.at] = d.Item2;
            try
            {
                _parser.Parse(d.cut == 0 ? damaged.AsMemory(0, d.at) : damaged.AsMemory());
            }
            catch (RecordFaultException)
            {
                // Refused.
            }
        }));
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\u0000")]
    public void Text_that_is_no_text_is_refused(string id) => Assert.Throws<RecordFaultException>(() =>
        _parser.Parse(Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","modified":"2024-01-01T00:00:00Z"}""")));

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_refused()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"id":"X-?","modified":"2024-01-01T00:00:00Z"}""");
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xFF;
        Assert.Throws<RecordFaultException>(() => _parser.Parse(bytes));
    }

    [Fact]
    public void However_a_stream_comes_in_parts_its_records_are_the_same()
    {
        var parts = Gen.ListOf(Gen.Choose(1, 50)).Where(l => l.Count > 0);
        var bytes = Encoding.UTF8.GetBytes($"[{Record}, {Record}\n,{Record}]");
        Check.QuickThrowOnFailure(Prop.ForAll(parts.ToArbitrary(), sizes =>
        {
            using var stream = new PartStream(bytes, sizes.ToArray());
            using var splitter = new OsvRecordSplitter(stream, 1_000_000, lines: false, _ => { });
            var records = new List<string>();
            while (splitter.TryRead(out var record))
            {
                records.Add(Encoding.UTF8.GetString(record.Span));
            }

            Assert.Equal([Record, Record, Record], records);
        }));
    }

    private sealed class PartStream(byte[] bytes, int[] sizes) : MemoryStream(bytes)
    {
        private int _reads;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, sizes[_reads++ % sizes.Length]));
    }
}
