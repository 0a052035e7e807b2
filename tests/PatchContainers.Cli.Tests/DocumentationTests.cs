using System.Text.RegularExpressions;

namespace PatchContainers.Cli.Tests;

/// <summary>The examples of docs/cli.md, run again in their order.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public async Task The_examples_print_what_the_page_shows()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The examples are run by sh.");
        using var world = await World.CreateAsync();
        var page = await File.ReadAllTextAsync(Page(), TestContext.Current.CancellationToken);
        var examples = Example().Matches(page);
        Assert.True(examples.Count >= 9);

        foreach (Match example in examples)
        {
            var command = example.Groups["command"].Value;
            // The page shows a terminal; here standard output is a pipe.
            var line = command.Contains("--output", StringComparison.Ordinal) ? command : command + " --output table";
            var result = await CliProcess.ShellAsync(world.Root,
                $"PATH=\"{Path.GetDirectoryName(CliProcess.Executable)}:$PATH\"; "
                + $"export PATCHCONTAINERS_HOME=state PATCHCONTAINERS_ACTOR=ops@shop; exec 2>&1; {line}");

            Assert.Equal(Comparable(example.Groups["output"].Value),
                Comparable(result.Output.Replace(world.Root, "/srv/demo", StringComparison.Ordinal)));
            Assert.Equal(int.Parse(example.Groups["code"].Value, null), result.ExitCode);
        }
    }

    [Fact]
    public async Task The_page_names_every_option_of_every_verb()
    {
        var page = await File.ReadAllTextAsync(Page(), TestContext.Current.CancellationToken);
        foreach (var verb in new[] { "stale", "workloads", "scan", "compare", "notifications", "update", "rollout start", "rollout status", "rollout resume",
            "rollout undo", "rollout check", "rollout approve", "rollout stop",
            "quarantine", "quarantine clear", "window", "history list", "history verify", "advisories update", "advisories status", "doctor", "demo" })
        {
            var help = await new CliRunner().RunAsync([.. verb.Split(' '), "--help"]);
            foreach (var option in Option().Matches(help.Output).Select(m => m.Value).Where(o => o is not "--help"))
            {
                Assert.True(page.Contains($"`{option}", StringComparison.Ordinal), $"docs/cli.md says nothing of {option} of {verb}.");
            }
        }
    }

    // Times, ids, ages and hashes differ from run to run, and with them the widths of columns.
    private static string Comparable(string text) => Spaces().Replace(Changing().Replace(text.Trim().ReplaceLineEndings("\n"), "#"), " ");

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PatchContainers.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie below the solution.");
        }

        return Path.Combine(folder.FullName, "docs", "cli.md");
    }

    [GeneratedRegex(@"```console\n\$ (?<command>(?:[^\n]*\|\n)*[^\n]*)\n(?<output>.*?)\n\$ echo \$\?\n(?<code>\d+)\n```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Example();

    [GeneratedRegex(@"\b\d{8}-\d{6}-[0-9a-f]{4}\b|\b[0-9a-f]{64}\b|(?<=sha256:|-patched-)[0-9a-f]+|\d+")]
    private static partial Regex Changing();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]+")]
    private static partial Regex Option();
}
