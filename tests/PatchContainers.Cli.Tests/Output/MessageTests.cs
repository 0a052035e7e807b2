using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace PatchContainers.Cli.Tests.Output;

/// <summary>
/// Core's messages reach both fronts, and lie in histories and records that the other one reads: they name concepts (the base image, the
/// ring order), never a front's parameters.
/// </summary>
public sealed partial class MessageTests
{
    [Theory]
    [InlineData("patchcontainers.dll")]
    [InlineData("PatchContainers.Core.dll")]
    [InlineData("PatchContainers.Platforms.dll")]
    public void No_text_names_a_parameter_of_a_cmdlet(string assembly)
    {
        var found = TextsOf(assembly).Where(text => CmdletParameter().IsMatch(text)).ToArray();
        Assert.True(found.Length == 0, $"Say it in words: {string.Join(" | ", found)}");
    }

    [Theory]
    [InlineData("PatchContainers.Core.dll")]
    [InlineData("PatchContainers.Platforms.dll")]
    public void No_text_of_the_services_names_an_option_of_the_command_line(string assembly)
    {
        // One word is an argument for another program, and no text.
        var found = TextsOf(assembly).Where(text => text.Contains(' ', StringComparison.Ordinal) && Option().IsMatch(text)).ToArray();
        Assert.True(found.Length == 0, $"Say it in words: {string.Join(" | ", found)}");
    }

    [Fact]
    public async Task What_settles_an_unknown_base_is_said_in_words()
    {
        using var world = await World.CreateAsync();

        var stale = await world.Cli.RunAsync("stale", "--path", world.Deploy, "--output", "table");

        Assert.Contains("the base image given as NAME=OLDREF would settle it", stale.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch(CmdletParameter(), stale.Output + stale.Error);
    }

    // Every string literal of an assembly: they lie one after the other in its heap of user strings.
    private static List<string> TextsOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly)));
        var metadata = file.GetMetadataReader();
        var texts = new List<string>();
        for (var handle = MetadataTokens.UserStringHandle(0); !handle.IsNil || texts.Count == 0; handle = metadata.GetNextHandle(handle))
        {
            texts.Add(metadata.GetUserString(handle));
        }

        Assert.True(texts.Count > 50, $"{assembly} has {texts.Count} texts.");
        return texts;
    }

    [GeneratedRegex(@"(?<![\w-])-(?!Inf\b)[A-Z][a-z]+[A-Za-z]*\b")]
    private static partial Regex CmdletParameter();

    // The options of skopeo, docker and Trivy may be named: they say what an owner has set, or has to.
    [GeneratedRegex(@"(?<![\w-])--(?!format v2s2|(?:rm|network|pid|ipc|link|scanners|list-all-pkgs)\b|report all)[a-z][a-z-]+")]
    private static partial Regex Option();
}
