using System.Text.RegularExpressions;
using PatchContainers.History;
using PatchContainers.Platforms.Tests.Rollout.Kills;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

/// <summary>Rollouts over manifests and Compose files, killed by SIGKILL after each single thing that they do.</summary>
public sealed class FileKillTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_killed_after_anything_that_it_did_is_gone_on_with_and_ends_as_if_it_had_not_been(bool fails)
    {
        using var folder = new TemporaryFolder();
        using var whole = Open(folder, fails, 0);
        await whole.RunAsync(Token);
        var expected = await DescribeAsync(whole);
        Assert.Contains(fails ? "\nRolledBack\n" : "\nSucceeded\n", expected, StringComparison.Ordinal);

        var runs = Enumerable.Range(1, whole.Halt.Count).Select(at => Open(folder, fails, at)).ToList();
        using (var child = await RolloutChild.StartAsync(folder.Path, [.. runs.Select((run, i) => run.Spec with { At = i + 1 })], Token))
        {
            Assert.All(await child.HaltedAsync(runs.Count, Token), line => Assert.StartsWith("halted ", line, StringComparison.Ordinal));
            await child.KillAsync(Token);
        }

        foreach (var run in runs)
        {
            await run.RunAsync(Token);
            Assert.Equal(expected, await DescribeAsync(run));
            run.Dispose();
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{runs.Count} of {runs.Count} kills survived.");
    }

    private static KillRun Open(TemporaryFolder folder, bool fails, int number)
    {
        using var platforms = new KillPlatforms([KillPlatform.Files]);
        var run = platforms.Open(new KillSpec
        {
            Name = $"k{number:d4}",
            Scenario = new KillScenario(KillPlatform.Files, fails),
            Folder = Directory.CreateDirectory(folder[$"k{number:d4}"]).FullName,
            Staging = string.Empty,
            Production = string.Empty,
        }, TimeProvider.System);
        foreach (var ring in (string[])["staging", "production"])
        {
            Directory.CreateDirectory(Path.Combine(run.Rings, ring));
            File.WriteAllText(Path.Combine(run.Rings, ring, "web.yaml"), "# keep me\r\napiVersion: apps/v1\r\nkind: Deployment\r\n"
                + $"metadata: {{name: web}}\r\nspec: {{template: {{spec: {{containers: [{{name: app, image: '{KillRun.Web}'}}]}}}}}}");
            File.WriteAllText(Path.Combine(run.Rings, ring, "compose.yaml"),
                $"services:\n  api:\n    image: {KillRun.Api} # pinned below\n  report:\n    image: {KillRun.Report}\n");
        }

        return run;
    }

    private static async Task<string> DescribeAsync(KillRun run)
    {
        var rollout = (await run.FindAsync(Token))!;
        var history = await run.History.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token);
        Assert.True((await run.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), Token)).IsIntact);
        Assert.Equal(history.Count, history.Select(r => r.Key).Distinct().Count());
        string[] lines =
        [
            .. Directory.EnumerateFiles(run.Rings, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(f => $"{f}\n{File.ReadAllText(f)}"),
            $"{rollout.Status}",
            .. rollout.Changes.Select(c => $"{c.Workload} {c.Status}"),
            .. rollout.Steps.Select(s => $"{s.Number} {s.Action} {s.Ring} {s.Target} {s.Outcome}"),
            .. (await run.Quarantine.GetAsync(Token)).Select(q => $"quarantined {q.Repository} {q.Ring}"),
            .. history.Where(r => r.Outcome != "Resumed").Select(r => $"{r.Kind} {r.Outcome} {r.Image} {r.Workload}"),
        ];
        return Regex.Replace(string.Join('\n', lines).Replace(run.Spec.Name, "RUN", StringComparison.Ordinal), "sha256:[0-9a-f]{64}", "HASH");
    }
}
