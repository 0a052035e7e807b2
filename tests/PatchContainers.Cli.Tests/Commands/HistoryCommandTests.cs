using PatchContainers.History;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class HistoryCommandTests
{
    [Fact]
    public async Task The_bare_verb_lists_as_list_does_and_filters()
    {
        using var world = await World.CreateAsync();
        await world.UpdatesAsync();

        var bare = await world.Cli.RunAsync("history");
        var list = await world.Cli.RunAsync("history", "list");
        var web = await world.Cli.RunAsync("history", "list", "--image", "registry.demo.example/shop/web");
        var future = await world.Cli.RunAsync("history", "--since", "2999-01-01");

        Assert.Equal(bare, list);
        Assert.Contains(bare.Records<PatchRecord>(), r => r is { Kind: PatchRecordKind.Update, Outcome: "Refused" });
        Assert.All(web.Records<PatchRecord>(), r =>
            Assert.StartsWith("registry.demo.example/shop/web:", r.Image, StringComparison.Ordinal));
        Assert.NotEmpty(web.Lines);
        Assert.Empty(future.Lines);
    }

    [Fact]
    public async Task A_changed_byte_is_found_and_exit_code_1()
    {
        using var world = await World.CreateAsync();
        await world.UpdatesAsync();
        var intact = await world.Cli.RunAsync("history", "verify");
        var file = new PatchState(world.State).History;
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[Array.IndexOf(bytes, (byte)'\n') + 20] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        var damaged = await world.Cli.RunAsync("history", "verify");

        Assert.Equal(ExitCode.Done, intact.ExitCode);
        Assert.Equal(ExitCode.Failed, damaged.ExitCode);
        Assert.Contains("\"IsIntact\":false", damaged.Output, StringComparison.Ordinal);
        Assert.Contains("\"FirstFault\":2", damaged.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_tail_is_found_with_the_head_that_was_kept_elsewhere()
    {
        using var world = await World.CreateAsync();
        await world.UpdatesAsync();
        var head = (await world.Cli.RunAsync("history")).Records<PatchRecord>()[^1];
        var file = new PatchState(world.State).History;
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, string.Concat(lines[..^1].Select(l => l + "\n")), TestContext.Current.CancellationToken);

        var without = await world.Cli.RunAsync("history", "verify");
        var with = await world.Cli.RunAsync("history", "verify", "--expected-head", $"{head.Sequence}:{head.Hash}");

        Assert.Equal(ExitCode.Done, without.ExitCode);
        Assert.Contains("No rollout's journal holds a head", without.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, with.ExitCode);
    }
}
