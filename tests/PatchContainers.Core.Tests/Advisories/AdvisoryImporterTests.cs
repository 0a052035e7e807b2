using PatchContainers.Advisories;
using PatchContainers.Advisories.Osv;
using PatchContainers.Core.Tests.Children;
using PatchContainers.TestKit.Advisories;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class AdvisoryImporterTests : IDisposable
{
    private readonly AdvisoryFixture _fixture = new();

    [Fact]
    public async Task An_import_says_what_it_read_and_wrote()
    {
        var result = await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.1-1"), OsvJson.Affected("Debian:11", "openssl", null)),
            OsvJson.Record("DEBIAN-CVE-2024-0002", "2024-03-01T12:00:00.5Z", OsvJson.Affected("Debian:12", "curl", "8.0-1")),
            """{"id":"DEBIAN-CVE-2024-0003","modified":"2024-02-01T00:00:00Z","withdrawn":"2024-02-01T00:00:00Z"}""",
            """{"id":"no time"}""");
        Assert.Equal((4 - 1, 1, 1), (result.RecordsRead, result.Rejected, result.Withdrawn));
        Assert.Equal(new DateTimeOffset(2024, 3, 1, 12, 0, 0, 500, TimeSpan.Zero), result.DatabaseTime);
        Assert.Equal(["Debian:11 1 1", "Debian:12 2 2"], result.Ecosystems.Select(e => $"{e.Name} {e.Records} {e.Packages}"));

        // Both releases are as new as the newest advisory of Debian.
        Assert.All(result.Ecosystems, e => Assert.Equal(result.DatabaseTime, e.DatabaseTime));
        Assert.All(result.Ecosystems, e => Assert.Equal(new FileInfo(e.Path).Length, e.Bytes));
        Assert.Equal(result.Ecosystems, _fixture.Catalog.List(_fixture.Notices));
    }

    [Fact]
    public async Task The_same_records_give_the_same_bytes_whatever_their_order_and_however_often()
    {
        var records = Enumerable.Range(1, 200).Select(i => OsvJson.Record($"DEBIAN-CVE-2024-{i:0000}", $"2024-01-01T00:00:{i % 60:00}Z",
            OsvJson.Affected("Debian:12", $"package{i % 7}", $"1.{i}-1"), OsvJson.Affected("Debian:12", $"other{i % 5}", null, "low")).ToString()).ToArray();
        await _fixture.ImportTextAsync(records);
        var first = File.ReadAllBytes(_fixture.Catalog.PathOf("Debian:12"));
        await _fixture.ImportTextAsync(records.Take(50).ToArray<object>());
        Assert.Equal(first, File.ReadAllBytes(_fixture.Catalog.PathOf("Debian:12")));

        using var other = new AdvisoryFixture();
        await other.ImportTextAsync(records.Reverse().Skip(100).ToArray<object>());
        await other.ImportTextAsync(records.Reverse().Take(100).ToArray<object>());
        Assert.Equal(first, File.ReadAllBytes(other.Catalog.PathOf("Debian:12")));
    }

    [Fact]
    public async Task Of_two_forms_of_a_record_the_later_one_counts_whichever_is_imported_first()
    {
        var old = OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null), OsvJson.Affected("Debian:11", "openssl", null));
        var late = OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-02-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.1-1"));
        var kept = OsvJson.Record("DEBIAN-CVE-2024-0009", "2023-01-01T00:00:00Z", OsvJson.Affected("Debian:11", "openssl", null));
        foreach (var order in new[] { new[] { old, late }, [late, old] })
        {
            using var fixture = new AdvisoryFixture();
            await fixture.ImportTextAsync(kept);
            foreach (var record in order)
            {
                await fixture.ImportTextAsync(record);
            }

            Assert.Equal(["CVE-2024-0001 Fixed 3.0.1-1"], fixture.Match("Debian:12", "openssl", "3.0.0-1"));

            // The later form no longer names the other release.
            Assert.Equal(["CVE-2024-0009 NotFixed"], fixture.Match("Debian:11", "openssl", "3.0.0-1"));
        }
    }

    [Fact]
    public async Task Two_forms_of_a_record_in_one_source_are_one()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-02-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.1-1")),
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)));
        Assert.Equal(["CVE-2024-0001 Fixed 3.0.1-1"], _fixture.Match("Debian:12", "openssl", "3.0.0-1"));
    }

    [Fact]
    public async Task A_withdrawn_record_takes_its_older_form_away()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)),
            OsvJson.Record("DEBIAN-CVE-2024-0002", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)));
        await _fixture.ImportTextAsync("""{"id":"DEBIAN-CVE-2024-0001","modified":"2024-02-01T00:00:00Z","withdrawn":"2024-02-01T00:00:00Z"}""");
        Assert.Equal(["CVE-2024-0002 NotFixed"], _fixture.Match("Debian:12", "openssl", "3.0.0-1"));

        // With the last record goes the database: an empty one would let every package pass.
        await _fixture.ImportTextAsync("""{"id":"DEBIAN-CVE-2024-0002","modified":"2024-02-01T00:00:00Z","withdrawn":"2024-02-01T00:00:00Z"}""");
        Assert.Empty(_fixture.Catalog.List(_fixture.Notices));
    }

    [Fact]
    public async Task A_withdrawal_in_the_year_1_is_none()
    {
        await _fixture.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null))
            .ToString().Replace("\"affected\"", "\"withdrawn\":\"0001-01-01T00:00:00Z\",\"affected\"", StringComparison.Ordinal));
        Assert.Single(_fixture.Match("Debian:12", "openssl", "3.0.0-1"));
    }

    [Fact]
    public async Task Replacing_drops_what_the_source_no_longer_holds_of_its_ecosystems_alone()
    {
        await _fixture.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)),
            OsvJson.Record("ALPINE-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Alpine:v3.19", "openssl", null)));
        var source = _fixture.Source(OsvJson.Record("DEBIAN-CVE-2024-0002", "2023-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)).ToString());
        await _fixture.ImportAsync(source, new AdvisoryImportOptions { Replace = true });
        Assert.Equal(["CVE-2024-0002 NotFixed"], _fixture.Match("Debian:12", "openssl", "3.0.0-1"));
        Assert.Equal(["CVE-2024-0001 NotFixed"], _fixture.Match("Alpine:v3.19", "openssl", "3.0.0-r1"));
        Assert.Equal(2023, _fixture.Catalog.List(_fixture.Notices).Single(e => e.Name == "Debian:12").DatabaseTime.Year);
    }

    [Fact]
    public async Task A_source_that_is_cut_off_replaces_nothing()
    {
        var record = OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)).ToString();
        await _fixture.ImportTextAsync(record);
        var other = OsvJson.Record("DEBIAN-CVE-2024-0002", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)).ToString();
        var source = _fixture.Source($"[{other},{record[..50]}");
        var error = await Assert.ThrowsAsync<PatchException>(() => _fixture.ImportAsync(source, new AdvisoryImportOptions { Replace = true }));
        Assert.Equal((PatchErrorCode.InvalidData, source), (error.Code, error.Target));
        Assert.Equal(["CVE-2024-0001 NotFixed"], _fixture.Match("Debian:12", "openssl", "3.0.0-1"));

        // What could be read may be added.
        await _fixture.ImportAsync(source);
        Assert.Equal(["CVE-2024-0001 NotFixed", "CVE-2024-0002 NotFixed"], _fixture.Match("Debian:12", "openssl", "3.0.0-1"));
    }

    [Fact]
    public async Task A_damaged_database_is_replaced_with_a_warning()
    {
        var record = OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null));
        await _fixture.ImportTextAsync(record);
        File.WriteAllText(_fixture.Catalog.PathOf("Debian:12"), "damaged");
        await _fixture.ImportTextAsync(record);
        Assert.Contains("is damaged", Assert.Single(_fixture.Notices.Warnings), StringComparison.Ordinal);
        Assert.Single(_fixture.Match("Debian:12", "openssl", "3.0.0-1"));
    }

    [Fact]
    public async Task Two_imports_at_once_do_not_mix()
    {
        Directory.CreateDirectory(_fixture.State.Advisories);
        using (new FileStream(Path.Combine(_fixture.State.Advisories, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            var error = await Assert.ThrowsAsync<PatchException>(() => _fixture.ImportTextAsync("{}"));
            Assert.Equal(PatchErrorCode.Conflict, error.Code);
        }
    }

    [Fact]
    public async Task An_import_that_fails_changes_nothing_and_leaves_nothing_behind()
    {
        var record = OsvJson.Record("DEBIAN-CVE-2024-0001", "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null));
        await _fixture.ImportTextAsync(record);
        var before = File.ReadAllBytes(_fixture.Catalog.PathOf("Debian:12"));
        File.WriteAllText(Path.Combine(_fixture.State.Advisories, ".Debian@12.advisories.0.tmp"), "left by a killed import");
        await Assert.ThrowsAsync<PatchException>(() => _fixture.ImportTextAsync("{}"));
        Assert.Equal(before, File.ReadAllBytes(_fixture.Catalog.PathOf("Debian:12")));
        Assert.Equal([".lock", "Debian@12.advisories"], Directory.GetFiles(_fixture.State.Advisories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_ecosystem_cannot_lead_out_of_the_folder()
    {
        await _fixture.ImportTextAsync(OsvJson.Record("X-1", "2024-01-01T00:00:00Z", OsvJson.Affected("../../Red Hat:rhel_eus:9.4::appstream", "a", null)));
        Assert.Equal(_fixture.State.Advisories, Path.GetDirectoryName(Assert.Single(_fixture.Catalog.Files())));
        Assert.Equal("../../Red Hat:rhel_eus:9.4::appstream", Assert.Single(_fixture.Catalog.List(_fixture.Notices)).Name);
    }

    [Fact]
    public async Task A_source_with_too_many_ecosystems_or_too_long_a_name_is_refused()
    {
        var records = Enumerable.Range(0, 4).Select(i =>
            OsvJson.Record($"X-{i}", "2024-01-01T00:00:00Z", OsvJson.Affected($"Debian:{i}", "a", null)).ToString()).ToArray();
        var options = new AdvisoryImportOptions { Limits = new OsvLimits { MaxEcosystems = 3 } };
        var error = await Assert.ThrowsAsync<PatchException>(() => _fixture.ImportAsync(_fixture.Source(string.Concat(records)), options));
        Assert.Equal(PatchErrorCode.LimitExceeded, error.Code);
        Assert.Empty(_fixture.Catalog.Files());

        var result = await _fixture.ImportTextAsync(records[0],
            OsvJson.Record("X-9", "2024-01-01T00:00:00Z", OsvJson.Affected(new string('e', 300), "a", null)));
        Assert.Equal((1, 1), (result.RecordsRead, result.Rejected));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task An_import_that_is_killed_leaves_whole_databases_and_the_next_one_finishes_the_work(int killAt)
    {
        await _fixture.ImportTextAsync(Records("1.0", "2024-01-01T00:00:00Z"));
        var source = _fixture.Source(string.Concat(Records("2.0", "2024-02-01T00:00:00Z")));
        using (var child = ChildProcess.Start(AdvisoryImport.Name, _fixture.State.Root, source, $"{killAt}"))
        {
            await child.WaitForExitAsync(AdvisoryFixture.Token);
            Assert.NotEqual(0, child.ExitCode);
        }

        var states = Enumerable.Range(1, 6).Select(i => Assert.Single(_fixture.Match($"Debian:{i}", "a", "0.5"))).ToArray();
        Assert.All(states, s => Assert.Contains(s, (string[])["CVE-2024-0001 Fixed 1.0", "CVE-2024-0001 Fixed 2.0"]));

        // The first notice tells of the reading, each further one of a database that is about to be written.
        Assert.Equal(Math.Max(0, killAt - 2), states.Count(s => s.EndsWith("2.0", StringComparison.Ordinal)));
        await _fixture.ImportAsync(source);
        Assert.All(Enumerable.Range(1, 6), i => Assert.Equal(["CVE-2024-0001 Fixed 2.0"], _fixture.Match($"Debian:{i}", "a", "0.5")));
        Assert.Equal(7, Directory.GetFiles(_fixture.State.Advisories).Length);

        static string[] Records(string version, string modified) => [OsvJson.Record("DEBIAN-CVE-2024-0001", modified,
            Enumerable.Range(1, 6).Select(i => OsvJson.Affected($"Debian:{i}", "a", version)).ToArray()).ToString()];
    }

    public void Dispose() => _fixture.Dispose();
}
