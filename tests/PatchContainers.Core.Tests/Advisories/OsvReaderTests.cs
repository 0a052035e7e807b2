using System.IO.Compression;
using PatchContainers.Advisories.Osv;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class OsvReaderTests : IDisposable
{
    private const string Good = """{"id":"DEBIAN-CVE-2024-0001","modified":"2024-01-01T00:00:00Z","affected":[]}""";
    private const string Other = """{"id":"DEBIAN-CVE-2024-0002","modified":"2024-01-02T00:00:00Z","affected":[]}""";

    private readonly AdvisoryFixture _fixture = new();

    public static TheoryData<string, string> Forms => new()
    {
        { "records.json", $"[{Good},{Other}]" },
        { "records.json", $" \n[ {Good} , {Other} ] \n" },
        { "records.json", $"\uFEFF{Good}" + Other },
        { "records.json", $"{Good}\n\n{Other}\n" },
        { "records.jsonl", $"{Good}\n{Other}" },
        { "records.ndjson", $"{Good}\r\n\r\n{Other}\r\n" },
    };

    public static TheoryData<string, string> BadRecords => new()
    {
        { """{"modified":"2024-01-01T00:00:00Z"}""", "it has no 'id'" },
        { """{"id":7,"modified":"2024-01-01T00:00:00Z"}""", "its 'id' is no text" },
        { """{"id":"X-1"}""", "X-1 has no 'modified' time" },
        { """{"id":"X-1","modified":"yesterday"}""", "no RFC 3339 time" },
        { """{"schema_version":"2.0.0","id":"X-1","modified":"2024-01-01T00:00:00Z"}""", "OSV schema 2.0.0" },
        { """{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":{}}""", "'affected' that is no list" },
        { """{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[7]}""", "an entry of 'affected' that is no object" },
        { """{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"name":"a"}}]}""", "without 'ecosystem' or 'name'" },
        { Ranged("""{"type":"WEIRD","events":[]}"""), "a range of the type 'WEIRD' for a in Debian:12" },
        { Ranged("""{"type":"ECOSYSTEM","events":[]}"""), "a range without events" },
        { Ranged("""{"type":"ECOSYSTEM","events":[{"introduced":""}]}"""), "without a version" },
        { Ranged("""{"type":"ECOSYSTEM","events":[{"forgotten":"1"}]}"""), "an event 'forgotten'" },
        { """{"id":"X\u001b[31m","modified":"2024-01-01T00:00:00Z"}""", "control characters" },
        { """{"id":"X\u009b31m","modified":"2024-01-01T00:00:00Z"}""", "control characters" },
        { $$"""{"id":"{{new string('x', 2000)}}","modified":"2024-01-01T00:00:00Z"}""", "2,000 characters" },
        { """{"id":"X-1" "modified"}""", "it is no JSON" },
        { $$"""{"id":"X-1","modified":"2024-01-01T00:00:00Z","details":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""", "it is no JSON" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Records_are_read_in_every_form_that_they_come_in(string name, string text)
    {
        Assert.Equal(["DEBIAN-CVE-2024-0001", "DEBIAN-CVE-2024-0002"], Read(_fixture.Source(text, name)));
        Assert.Empty(_fixture.Notices.Failures);
    }

    [Theory]
    [MemberData(nameof(BadRecords))]
    public void A_bad_record_is_reported_by_file_and_fault_and_the_rest_goes_on(string bad, string fault)
    {
        var path = _fixture.Source($"[{Good},{bad},{Other}]");
        Assert.Equal(["DEBIAN-CVE-2024-0001", "DEBIAN-CVE-2024-0002"], Read(path));
        var failure = Assert.Single(_fixture.Notices.Failures);
        Assert.Equal(PatchErrorCode.InvalidData, failure.Code);
        Assert.Equal(path, failure.Target);
        Assert.Contains(fault, failure.Message, StringComparison.Ordinal);
        Assert.Contains("record 2: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_line_of_JSON_lines_ends_where_its_line_does()
    {
        Assert.Equal(["DEBIAN-CVE-2024-0002"], Read(_fixture.Source(Good[..40] + "\n" + Other, "records.jsonl")));
        Assert.Contains("it is no JSON", Assert.Single(_fixture.Notices.Failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_follows_a_record_without_an_end_is_said_to_be_lost()
    {
        Assert.Equal(["DEBIAN-CVE-2024-0001"], Read(_fixture.Source($"[{Good},{Other[..^5]}")));
        Assert.Contains("it ends in the middle of a record", Assert.Single(_fixture.Notices.Failures).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[" + Good)]
    [InlineData("[" + Good + ",\n")]
    public void A_list_without_an_end_is_said_to_be_cut_off(string text)
    {
        var folder = Path.GetDirectoryName(_fixture.Source(text, "a.json"))!;
        File.WriteAllText(Path.Combine(folder, "b.json"), Other);
        Assert.Equal("DEBIAN-CVE-2024-0002", Read(folder)[^1]);
        Assert.Contains("it ends in the middle of its list", Assert.Single(_fixture.Notices.Failures).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(6_000_000)]
    public void A_changed_byte_in_a_zip_is_found_by_its_checksum_before_a_record_counts(int filler)
    {
        var other = $$"""{"details":"{{new string('a', filler)}}",{{Other.AsSpan(1)}}""";
        var bytes = ZipOf(("a.json", other), ("b.json", Good));
        bytes[bytes.AsSpan().IndexOf("CVE-2024-0002"u8) + 12] = (byte)'3';
        var path = _fixture.Source(bytes, "all.zip");
        Assert.Equal(["DEBIAN-CVE-2024-0001"], Read(path));
        var failure = Assert.Single(_fixture.Notices.Failures);
        Assert.Equal(path + "/a.json", failure.Target);
        Assert.Contains("checksum", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(+1)]
    [InlineData(1_000_000)]
    public void An_entry_of_a_zip_whose_size_lies_is_refused(int lie)
    {
        var bytes = ZipOf(("a.json", Good), ("b.json", Other));
        var directory = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
        var size = BitConverter.ToInt32(bytes, directory + 24);
        BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), size + lie);
        Assert.Equal(["DEBIAN-CVE-2024-0002"], Read(_fixture.Source(bytes, "all.zip")));
        Assert.Single(_fixture.Notices.Failures);
    }

    [Fact]
    public void A_record_that_multiplies_is_refused()
    {
        var cves = string.Join(',', Enumerable.Range(10_000, 4_000).Select(i => $"\"CVE-2024-{i}\""));
        var others = string.Join(',', Enumerable.Range(10_000, 4_000).Select(i => $"\"OTHER-{i}\""));
        var affected = string.Join(',', Enumerable.Range(0, 4_000).Select(i => $$$"""{"package":{"ecosystem":"Debian:12","name":"p{{{i}}}"}}"""));
        var path = _fixture.Source($$"""
            {"id":"X-1","modified":"2024-01-01T00:00:00Z","upstream":[{{cves}}],"affected":[{{affected}}]}
            {"id":"X-2","modified":"2024-01-01T00:00:00Z","upstream":[{{cves}}],"aliases":[{{others}}],"affected":[]}
            {{Good}}
            """);
        Assert.Equal(["DEBIAN-CVE-2024-0001"], Read(path));
        Assert.Contains("4,000 vulnerabilities and 1,001 or more packages of Debian:12", _fixture.Notices.Failures[0].Message, StringComparison.Ordinal);
        Assert.Contains("4,000 vulnerabilities and 4,001 other names", _fixture.Notices.Failures[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_with_its_folders_and_zips_and_without_other_files()
    {
        _ = _fixture.Source(Good, "b/x.json");
        var folder = Path.Combine(_fixture.Folder, "source1");
        File.WriteAllText(Path.Combine(folder, "README.md"), "no JSON");
        File.Copy(_fixture.Zip(("DEBIAN-CVE-2024-0002.json", Other), ("LICENSE", "no JSON")), Path.Combine(folder, "all.zip"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "b", "loop"), folder);
        Assert.Equal(["DEBIAN-CVE-2024-0002", "DEBIAN-CVE-2024-0001"], Read(folder));
        Assert.Empty(_fixture.Notices.Failures);
    }

    [Fact]
    public void A_bad_record_in_a_zip_is_reported_by_its_entry()
    {
        var zip = _fixture.Zip(("a.json", Good), ("b.json", "{\"id\":"), ("c.json", Other));
        Assert.Equal(["DEBIAN-CVE-2024-0001", "DEBIAN-CVE-2024-0002"], Read(zip));
        Assert.Equal(zip + "/b.json", Assert.Single(_fixture.Notices.Failures).Target);
    }

    [Fact]
    public void A_truncated_zip_is_an_error_that_says_so()
    {
        var bytes = File.ReadAllBytes(_fixture.Zip(("a.json", Good), ("b.json", Other)));
        var path = _fixture.Source(bytes[..^30], "all.zip");
        var error = Assert.Throws<PatchException>(() => Read(path));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains("no whole zip file", Assert.Single(_fixture.Notices.Failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_that_unpacks_beyond_the_limit_is_refused_whatever_size_it_declares()
    {
        var bomb = $$"""{"id":"X-1","modified":"2024-01-01T00:00:00Z","details":"{{new string('a', 4_000_000)}}"}""";
        var zip = _fixture.Zip(("a.json", bomb), ("b.json", Other));
        Assert.True(new FileInfo(zip).Length < 20_000);
        Assert.Equal(["DEBIAN-CVE-2024-0002"], Read(zip, new OsvLimits { MaxRecordBytes = 1_000_000 }));
        Assert.Contains("a record of more than 1,000,000 bytes", Assert.Single(_fixture.Notices.Failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_of_the_whole_import_ends_it()
    {
        var path = _fixture.Source($"[{Good},{Other}]");
        var error = Assert.Throws<PatchException>(() => Read(path, new OsvLimits { MaxTotalBytes = 100 }));
        Assert.Equal(PatchErrorCode.LimitExceeded, error.Code);
    }

    [Fact]
    public void The_limit_counts_bytes_that_are_no_record_too()
    {
        var zip = _fixture.Zip(("a.json", Good), ("b.json", new string(' ', 1_000_000)));
        var error = Assert.Throws<PatchException>(() => Read(zip, new OsvLimits { MaxTotalBytes = 500_000 }));
        Assert.Equal((PatchErrorCode.LimitExceeded, zip + "/b.json"), (error.Code, error.Target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("{\"id\":1}")]
    public void A_source_in_which_nothing_can_be_read_is_an_error(string text)
    {
        var path = _fixture.Source(text);
        var error = Assert.Throws<PatchException>(() => Read(path));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Equal(path, error.Target);
    }

    [Fact]
    public void A_path_that_is_not_there_is_an_error()
    {
        var error = Assert.Throws<PatchException>(() => Read(Path.Combine(_fixture.Folder, "nowhere")));
        Assert.Equal(PatchErrorCode.NotFound, error.Code);
    }

    [Fact]
    public void Records_longer_than_the_buffer_and_braces_in_strings_do_not_confuse_the_splitter()
    {
        var filler = string.Concat(Enumerable.Repeat("}{][\\\"\\\\", 40_000));
        var big = $$"""{"id":"X-1","modified":"2024-01-01T00:00:00Z","details":"{{filler}}"}""";
        Assert.Equal(["X-1", "DEBIAN-CVE-2024-0001", "X-1"], Read(_fixture.Source($"[{big},{Good},{big}]")));
        Assert.Empty(_fixture.Notices.Failures);
    }

    public void Dispose() => _fixture.Dispose();

    private static string Ranged(string range) =>
        $$"""{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"a"},"ranges":[{{range}}]}]}""";

    /// <summary>A zip whose entries are stored as they are.</summary>
    private static byte[] ZipOf(params (string Name, string Text)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in entries)
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            }
        }

        return memory.ToArray();
    }

    private string[] Read(string path, OsvLimits? limits = null) =>
        new OsvReader(limits ?? new OsvLimits(), _fixture.Notices).Read(path, AdvisoryFixture.Token).Select(r => r.Id).ToArray();
}
