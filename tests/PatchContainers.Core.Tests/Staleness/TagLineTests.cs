using PatchContainers.Staleness;
using Xunit;

namespace PatchContainers.Core.Tests.Staleness;

public sealed class TagLineTests
{
    [Theory]
    [InlineData("12-20230612", "12", true)]
    [InlineData("12.1", "12", true)]
    [InlineData("12", "12.1", true)]
    [InlineData("11", "12", false)]
    [InlineData("3.18.4", "3.19", false)]
    [InlineData("3.19.1", "3.19", true)]
    [InlineData("v1.2", "1.2", true)]
    [InlineData("bookworm-20230612", "12", true)]
    [InlineData("old", "latest", true)]
    public void Only_tags_that_begin_with_different_numbers_are_told_apart(string tag, string name, bool expected) =>
        Assert.Equal(expected, TagLine.MayBeVersionOf(tag, name));
}
