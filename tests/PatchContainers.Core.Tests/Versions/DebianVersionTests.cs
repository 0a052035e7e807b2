using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Versions;
using Xunit;

namespace PatchContainers.Core.Tests.Versions;

public sealed class DebianVersionTests
{
    /// <summary>The reason stands in the row.</summary>
    public static TheoryData<string, int, string, string> Order => new()
    {
        { "1.0-1", -1, "1.0-2", "revisions" },
        { "1.9", -1, "1.10", "numbers, not text" },
        { "1:0.1", 1, "9.9", "the epoch goes first" },
        { "0:1.0", 0, "1.0", "no epoch is epoch 0" },
        { "1.0-0", 0, "1.0", "no revision is revision 0" },
        { "1.00", 0, "1.0", "leading zeros say nothing" },
        { "1.0~rc1-1", -1, "1.0-1", "a tilde stands before the end" },
        { "1.0~~", -1, "1.0~", "also before a tilde" },
        { "1.0a", -1, "1.0+", "letters stand before other characters" },
        { "1.0+deb12u1", 1, "1.0", "more is newer" },
        { "3.0.11-1~deb12u2", -1, "3.0.14-1~deb12u1", "upstream before revision" },
        { "2.36-9+deb12u10", 1, "2.36-9+deb12u9", "u10 after u9" },
        { "1-2-3", 1, "1-1-9", "the last hyphen divides" },
        { "1:1:2-1", 1, "1:1:1-1", "a colon in upstream, after an epoch" },
        { "99999999999999999999999", 1, "99999999999999999999998", "numbers of any length" },
    };

    public static TheoryData<string, string> Invalid => new()
    {
        { "", "no upstream" },
        { "1:", "no upstream" },
        { "-1", "no upstream" },
        { ":1.0", "epoch" },
        { "a:1.0", "epoch" },
        { "-1:1.0", "epoch" },
        { "2147483648:1", "epoch" },
        { "v1.0", "begin with a digit" },
        { "1.0_1", "character" },
        { " 1.0", "begin with a digit" },
        { "1.0 ", "character" },
        { "1.0-", "revision is empty" },
        { "1.0-1:2", "epoch" },
        { "0:1.0-1:2", "revision has a character" },
        { "1.0-1é", "revision has a character" },
    };

    [Theory]
    [MemberData(nameof(Order))]
    public void Versions_are_ordered_as_dpkg_orders(string left, int expected, string right, string reason)
    {
        Assert.True(expected == Math.Sign(DebianVersion.Parse(left).CompareTo(DebianVersion.Parse(right))), reason);
        Assert.True(-expected == Math.Sign(DebianVersion.Parse(right).CompareTo(DebianVersion.Parse(left))), reason);
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void What_dpkg_refuses_is_refused_with_the_reason(string text, string fault)
    {
        Assert.False(DebianVersion.TryParse(text, out _));
        var error = Assert.Throws<PatchException>(() => DebianVersion.Parse(text));
        Assert.Equal((PatchErrorCode.InvalidArgument, text), (error.Code, error.Target));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_of_dpkgs_own_table_holds()
    {
        var rows = VersionTable.Read("dpkg-compare.tsv");
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            if (row.Remark.StartsWith("LENIENT-ONLY", StringComparison.Ordinal))
            {
                Assert.False(DebianVersion.TryParse(row.Left, out _) && DebianVersion.TryParse(row.Right, out _), row.ToString());
                continue;
            }

            Assert.True(row.Holds(DebianVersion.Parse(row.Left).CompareTo(DebianVersion.Parse(row.Right))), row.ToString());
        }
    }

    [Fact]
    public void Everything_that_dpkg_calls_invalid_is_refused_and_the_rest_is_read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Conformance.Path("version-tables", "dpkg-parse.json")));
        foreach (var invalid in document.RootElement.GetProperty("invalid").EnumerateArray())
        {
            Assert.False(DebianVersion.TryParse(invalid.GetString(), out _), invalid.GetString());
        }

        foreach (var row in document.RootElement.GetProperty("parse").EnumerateArray())
        {
            // An empty revision after a hyphen was let through once; dpkg refuses it now (dpkg-compare.tsv says so).
            var text = row.GetProperty("input").GetString()!;
            Assert.True(DebianVersion.TryParse(text, out _) != text.EndsWith('-'), text);
        }
    }

    [Fact]
    public void The_order_is_total()
    {
        var part = Gen.Elements("0", "1", "00", "9", "10", "a", "Z", "~", ".", "+", "-", "rc", "deb12u1");
        var texts = from epoch in Gen.Elements("", "0:", "1:", "01:") from parts in part.ListOf(6) select epoch + "1" + string.Concat(parts);
        OrderLaws.Check(texts.Where(t => DebianVersion.TryParse(t, out _)).Select(DebianVersion.Parse));
    }
}
