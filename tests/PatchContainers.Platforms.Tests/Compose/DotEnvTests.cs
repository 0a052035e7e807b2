using PatchContainers.Platforms.Compose;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Compose;

public sealed class DotEnvTests
{
    // Compose documentation, "Syntax for environment files".
    public static TheoryData<string, string> Lines => new()
    {
        { "V=value", "value" },
        { "V=", "" },
        { "V = value ", "value" },
        { "V: value", "value" },
        { "export V=value", "value" },
        { "V=\"value\"", "value" },
        { "V='value'", "value" },
        { "V=value # comment", "value" },
        { "V=value#no comment", "value#no comment" },
        { "V=\"value # no comment\" # comment", "value # no comment" },
        { "V='$A ${A}'", "$A ${A}" },
        { "A=1\nV=$A", "1" },
        { "A=1\nV=\"${A}-${B:-2}\"", "1-2" },
        { "V=${NONE}", "" },
        { "V=\"a\\nb\"", "a\nb" },
        { "V='a\\nb'", "a\\nb" },
        { "V='it\\'s'", "it's" },
        { "V='first\nsecond'", "first\nsecond" },
        { "V=\"\\$A\"", "$A" },
        { "V=a$", "a$" },
        { "\uFEFFV=value", "value" },
        { "# comment\n\n  V=value\r\nW=1", "value" },
        { "V=1\nV=2", "2" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Every_form_of_a_line_is_read(string text, string value) => Assert.Equal(value, Read(text)["V"]);

    [Fact]
    public void A_name_alone_has_no_value_here() => Assert.False(Read("V\nW=1").ContainsKey("V"));

    [Theory]
    [InlineData("A=1\nINVALID LINE\n", "line 2: 'INVALID LINE' is no variable's name")]
    [InlineData("=1", "line 1: '' is no variable's name")]
    [InlineData("A='x\ny", "line 1: a quote has no end")]
    public void A_broken_line_is_refused_by_number(string text, string fault)
    {
        var e = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.Equal($"'/p/.env' {fault}.", e.Message);
    }

    [Fact]
    public void Real_files_of_compose_are_read_as_compose_reads_them()
    {
        var folder = ConformanceData.Find("manifests", "compose", "dotenv");
        Assert.SkipWhen(folder is null, ConformanceData.SkipReason);
        IReadOnlyDictionary<string, string> Load(string name) => DotEnv.Load(Path.Combine(folder, name));

        Assert.Equal("postgres://localhost:5432/database?sslmode=disable", Load("equals.env")["OPTION_A"]);
        Assert.Equal(["2", "\\n"], Load("exported.env").Values);
        Assert.Equal(["bar", "baz"], Load("inherited-multi-var.env").Values);
        Assert.Empty(Load("inherited-not-found.env"));
        Assert.Throws<PatchException>(() => Load("invalid1.env"));
        Assert.Equal(["1", "2", "3", "4", "5", "ABC", "", "", "my string"], Load("plain.env").Values);
        Assert.Equal(["1", "2", "", "\\n", "1", "2", "", "\n", "echo 'asd'", "first line\nsecond line\nthird line\nand so on", "Let's go!",
            "last value"], Load("quoted.env").Values);
        Assert.Equal(["dots", "underscores", "dashes"], Load("special.env").Values);
        Assert.Equal(["1", "1", "1", "1_1", ""], Load("substitutions.env").Values);
        Assert.Equal(["1", "1", "1", "1_1", ""], Load("substitutions-default.env").Values);
        Assert.Equal("1", Load("utf8-bom.env")["OPTION_A"]);
    }

    private static IReadOnlyDictionary<string, string> Read(string text) => DotEnv.Read("/p/.env", text.TrimStart('\uFEFF'));
}
