using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Versions;
using Xunit;

namespace PatchContainers.Core.Tests.Versions;

public sealed class ApkVersionTests
{
    /// <summary>The reason stands in the row.</summary>
    public static TheoryData<string, int, string, string> Order => new()
    {
        { "1.2.3-r0", -1, "1.2.3-r1", "revisions" },
        { "1.9", -1, "1.10", "numbers, not text" },
        { "1.05", -1, "1.1", "a leading zero makes a fraction" },
        { "1.0", -1, "1.0-r0", "a revision is more than none" },
        { "1.0", -1, "1.0.0", "a component more is newer" },
        { "1.0", -1, "1.0a", "a letter is newer" },
        { "1.0_alpha", -1, "1.0_beta", "alpha before beta" },
        { "1.0_pre1", -1, "1.0_rc1", "pre before rc" },
        { "1.0_rc2", -1, "1.0", "a pre-release is older" },
        { "1.0_rc2-r5", -1, "1.0-r0", "also with a revision" },
        { "1.0", -1, "1.0_p1", "a patch level is newer" },
        { "1.0_git20240101", -1, "1.0_p1", "git before p" },
        { "1.0_rc1_p1", 1, "1.0_rc1", "suffixes after suffixes" },
        { "1.0~aaaa", -1, "1.0~bbbb", "hashes as text" },
        { "01.0-r01", 0, "1.0-r1", "leading zeros of the first number and the revision" },
    };

    [Theory]
    [MemberData(nameof(Order))]
    public void Versions_are_ordered_as_apk_orders(string left, int expected, string right, string reason)
    {
        Assert.True(expected == Math.Sign(ApkVersion.Parse(left).CompareTo(ApkVersion.Parse(right))), reason);
        Assert.True(-expected == Math.Sign(ApkVersion.Parse(right).CompareTo(ApkVersion.Parse(left))), reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a1")]
    [InlineData("1.")]
    [InlineData("1..2")]
    [InlineData("1.0ab")]
    [InlineData("1.0_foo")]
    [InlineData("1.0_")]
    [InlineData("1.0-r")]
    [InlineData("1.0-1")]
    [InlineData("1.0~")]
    [InlineData("1.0~XYZ")]
    [InlineData("1.0-r1_p1")]
    [InlineData("1:1.0")]
    [InlineData("1.0 ")]
    public void What_apk_refuses_is_refused(string text)
    {
        Assert.False(ApkVersion.TryParse(text, out _));
        var error = Assert.Throws<PatchException>(() => ApkVersion.Parse(text));
        Assert.Equal((PatchErrorCode.InvalidArgument, text), (error.Code, error.Target));
    }

    [Fact]
    public void Every_row_of_apks_own_table_holds()
    {
        var rows = VersionTable.Read("apk-compare.tsv");
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(row.Holds(ApkVersion.Compare(row.Left, row.Right)), row.ToString()));
    }

    [Fact]
    public void Validity_is_as_apks_own_table_says()
    {
        var rows = File.ReadLines(Conformance.Path("version-tables", "apk-validity.tsv")).Where(l => l[0] != '#').Select(l => l.Split('\t')).ToArray();
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True((row[1] == "true") == ApkVersion.TryParse(row[0], out _), row[0]));
    }

    [Fact]
    public void The_order_is_total()
    {
        var texts =
            from numbers in Gen.Elements("0", "1", "01", "10", "2", "020").ListOf(3)
            from letter in Gen.Elements("", "a", "b")
            from suffixes in Gen.Elements("", "_alpha", "_beta2", "_pre", "_rc01", "_p", "_p1", "_git3").ListOf(2)
            from hash in Gen.Elements("", "~0a", "~0b")
            from revision in Gen.Elements("", "-r0", "-r1", "-r01")
            select string.Join('.', numbers) + letter + string.Concat(suffixes) + hash + revision;
        OrderLaws.Check(texts.Select(ApkVersion.Parse));
    }
}
