using PatchContainers.Platforms.Compose;
using Xunit;

namespace PatchContainers.Platforms.Tests.Compose;

public sealed class InterpolationTests
{
    // The Compose specification's forms ("Interpolation"); SET has a value, EMPTY is set to nothing, NONE is not set.
    public static TheoryData<string, string> Forms => new()
    {
        { "app:$SET", "app:1.0" },
        { "app:${SET}", "app:1.0" },
        { "$SET-$SET", "1.0-1.0" },
        { "${SET}x", "1.0x" },
        { "${SET:-d}", "1.0" },
        { "${EMPTY:-d}", "d" },
        { "${NONE:-d}", "d" },
        { "${NONE:-}", "" },
        { "${EMPTY-d}", "" },
        { "${NONE-d}", "d" },
        { "${SET:?m}", "1.0" },
        { "${EMPTY?m}", "" },
        { "${SET:+r}", "r" },
        { "${EMPTY:+r}", "" },
        { "${EMPTY+r}", "r" },
        { "${NONE+r}", "" },
        { "${NONE:-${SET}}", "1.0" },
        { "${NONE:-${ALSO:-x}-y}z", "x-yz" },
        { "${NONE:-a:b/c@d}", "a:b/c@d" },
        { "$$SET", "$SET" },
        { "$${SET}", "${SET}" },
        { "no variable", "no variable" },
        { "${_u1}", "u" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_is_resolved(string text, string value)
    {
        var result = Interpolation.Resolve(text, Lookup);
        Assert.Equal((value, string.Empty), (result.Value, result.Fault));
        Assert.Empty(result.Unset);
    }

    [Theory]
    [InlineData("app:${NONE}", "app:", "NONE")]
    [InlineData("$NONE/$OTHER", "/", "NONE OTHER")]
    public void What_is_not_set_is_empty_and_named(string text, string value, string unset)
    {
        var result = Interpolation.Resolve(text, Lookup);
        Assert.Equal((value, unset), (result.Value, string.Join(' ', result.Unset)));
    }

    [Theory]
    [InlineData("${SET", "without its '}'")]
    [InlineData("${}", "names no variable")]
    [InlineData("${1A}", "names no variable")]
    [InlineData("${SET!x}", "no form of a variable")]
    [InlineData("${SET:}", "no form of a variable")]
    [InlineData("a$", "begins no variable")]
    [InlineData("a$-b", "begins no variable")]
    [InlineData("${NONE:?set me}", "needs the variable NONE, which is not set: set me")]
    [InlineData("${EMPTY:?}", "needs the variable EMPTY")]
    [InlineData("${NONE?}", "needs the variable NONE")]
    public void What_cannot_be_resolved_says_why(string text, string fault) =>
        Assert.Contains(fault, Interpolation.Resolve(text, Lookup).Fault);

    [Fact]
    public void Endless_nesting_is_refused()
    {
        var text = string.Concat(Enumerable.Repeat("${N:-", 10_000)) + new string('}', 10_000);
        Assert.Contains("nested too deep", Interpolation.Resolve(text, Lookup).Fault);
    }

    private static string? Lookup(string name) => name switch { "SET" => "1.0", "EMPTY" => string.Empty, "_u1" => "u", _ => null };
}
