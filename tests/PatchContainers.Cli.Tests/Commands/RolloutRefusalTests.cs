using PatchContainers.Rollout;

namespace PatchContainers.Cli.Tests.Commands;

/// <summary>A ring whose content is not known does not count as passed.</summary>
public sealed class RolloutRefusalTests
{
    private const string Rings = "staging,production";

    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "template", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - name: x\n    image: {{ .Values.image }}\n", "template" },
        { "broken", "services: [\n", "YAML" },
        { "unset variable", "services:\n  x:\n    image: registry.demo.example/shop/web:${TAG}\n", "TAG" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task A_file_that_cannot_be_read_keeps_the_rollout_from_beginning(string name, string text, string fault)
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        var file = Path.Combine(world.Deploy, "staging", "other.yaml");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        var before = World.Hash(world.Deploy);

        var refused = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", Rings);

        Assert.True(refused.ExitCode == ExitCode.Failed, name);
        Assert.Contains(refused.Errors, e => e.Contains("other.yaml", StringComparison.Ordinal) && e.Contains(fault, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(before, World.Hash(world.Deploy));

        var without = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", Rings, "--skip-refused");
        Assert.Equal(ExitCode.Partly, without.ExitCode);
        var rollout = Assert.Single(without.Records<PatchRollout>());
        Assert.Contains(rollout.Changes, c => c.Status == ChangeStatus.Refused && c.Workload.Contains("other.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_not_updated_is_left_out_and_said_so()
    {
        using var world = await World.CreateAsync();
        var stale = await world.Cli.RunAsync("stale", "--path", world.Deploy);

        var result = await world.Cli.PipeAsync(stale.Output, "rollout", "start", "--path", world.Deploy, "--ring", Rings);

        Assert.Contains(result.Errors, e => e.StartsWith("warning: ", StringComparison.Ordinal) && e.Contains("patchcontainers update", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_inside_a_ring_is_no_place_to_begin_again()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", "staging", "--ring-order", Rings);
        var inside = Path.Combine(world.Deploy, "production");
        Directory.CreateDirectory(Path.Combine(inside, "eu"));
        File.Copy(Path.Combine(inside, "web.yaml"), Path.Combine(inside, "eu", "web.yaml"));
        File.Delete(Path.Combine(inside, "web.yaml"));
        File.Delete(Path.Combine(inside, "compose.yaml"));

        var result = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", inside, "--ring", "eu");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains(result.Errors, e => e.StartsWith("error: NotPromotable ", StringComparison.Ordinal));
    }
}
