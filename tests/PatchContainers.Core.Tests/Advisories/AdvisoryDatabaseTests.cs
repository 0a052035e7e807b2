using System.Security.Cryptography;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

public sealed class AdvisoryDatabaseTests : IDisposable
{
    private static readonly AdvisoryRecord Record = new(
        "DSA-1-1", new DateTimeOffset(2024, 5, 6, 7, 8, 9, 123, TimeSpan.Zero), "https://example.org/DSA-1-1", true,
        [new AdvisoryVulnerability("CVE-2024-0001", ["DSA-1-1", "GHSA-1"]), new AdvisoryVulnerability("CVE-2024-0002", ["DSA-1-1"])],
        [
            new AffectedPackage("a", [[new(RangeEventKind.Introduced, "0"), new(RangeEventKind.Fixed, "1.0")], [new(RangeEventKind.Introduced, "2.0"), new(RangeEventKind.LastAffected, "2.5")]],
                ["0.1", "0.2"], Severity.High, "cvss", "AV:N/AC:L/Au:N/C:P/I:P/A:P", AffectedTraits.WontFix),
            new AffectedPackage(new string('b', 300), [], [], Severity.Unknown, string.Empty, string.Empty, AffectedTraits.NoVersions),
        ]);

    private readonly AdvisoryFixture _fixture = new();

    [Fact]
    public void A_record_is_read_back_as_it_was_compiled()
    {
        using var database = AdvisoryDatabase.Open(Write());
        Assert.Equal("Debian:12", database.Ecosystem);
        Assert.Equal(Record.Modified, database.DatabaseTime);
        Assert.Equivalent(Record, database.ReadRecord(0), strict: true);
        Assert.Equal(2, database.RowsOf("a").Length);
        Assert.Equal(2, database.RowsOf(new string('b', 300)).Length);
    }

    [Fact]
    public void Any_changed_byte_and_any_missing_end_is_found()
    {
        var bytes = File.ReadAllBytes(Write());
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 0x40;
            AssertRefused(changed);
            AssertRefused(bytes[..i]);
        }

        AssertRefused([.. bytes, 0]);
    }

    [Fact]
    public void A_section_beyond_the_file_or_of_half_an_entry_is_found_whatever_the_checksum_says()
    {
        var bytes = File.ReadAllBytes(Write());
        for (var section = 72; section < 128; section += 8)
        {
            AssertRefused(Forge(bytes, section, 0x80000000));
            AssertRefused(Forge(bytes, section, (uint)bytes.Length));
            AssertRefused(Forge(bytes, section + 4, uint.MaxValue));
            AssertRefused(Forge(bytes, section + 4, (uint)bytes.Length));
            if (section > 72)
            {
                AssertRefused(Forge(bytes, section + 4, BitConverter.ToUInt32(bytes, section + 4) - 1));
            }
        }

        static byte[] Forge(byte[] bytes, int at, uint value)
        {
            var forged = bytes.ToArray();
            BitConverter.TryWriteBytes(forged.AsSpan(at), value);
            forged.AsSpan(DatabaseFormat.ChecksumOffset, 32).Clear();
            SHA256.HashData(forged).CopyTo(forged, DatabaseFormat.ChecksumOffset);
            return forged;
        }
    }

    [Fact]
    public void A_database_of_another_layout_says_what_to_do()
    {
        var bytes = File.ReadAllBytes(Write());
        bytes[8] = 99;
        Assert.Contains("has layout 99; this version reads layout 1. Import the advisories again", AssertRefused(bytes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_is_not_read_once_it_is_disposed()
    {
        var database = AdvisoryDatabase.Open(Write());
        database.Dispose();
        Assert.Throws<ObjectDisposedException>(() => database.RowsOf("a").Length);
    }

    public void Dispose() => _fixture.Dispose();

    private string Write()
    {
        var path = _fixture.Source([], "test.advisories");
        var builder = new DatabaseBuilder("Debian:12");
        builder.Add(Record);
        using var stream = File.OpenWrite(path);
        builder.Write(stream, Record.Modified);
        return path;
    }

    private PatchException AssertRefused(byte[] bytes)
    {
        var path = Path.Combine(_fixture.Folder, "damaged.advisories");
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<PatchException>(() => AdvisoryDatabase.Open(path));
        Assert.Equal((PatchErrorCode.InvalidData, path), (error.Code, error.Target));
        Assert.Contains("mport the advisories again", error.Message, StringComparison.Ordinal);
        return error;
    }
}
