namespace PatchContainers.Cli.Tests.Commands;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task Paths_registries_and_versions_are_shown()
    {
        using var world = await World.CreateAsync();

        var environment = Assert.Single((await world.Cli.RunAsync("doctor")).Records<PatchEnvironment>());
        var table = await world.Terminal.RunAsync("doctor");

        Assert.Equal(world.State, environment.StatePath);
        Assert.Equal("registry.demo.example", Assert.Single(environment.Registries).Name);
        Assert.Equal("Debian:12", Assert.Single(environment.Advisories).Ecosystem);
        Assert.Contains($"state: {world.State}", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_named_has_to_answer()
    {
        using var world = await World.CreateAsync(withAdvisories: false);
        var socket = Path.Combine(world.Root, "no.sock");
        var environment = Assert.Single((await world.Cli.RunAsync("doctor", "--docker-host", $"unix://{socket}")).Records<PatchEnvironment>());
        Assert.False(Assert.Single(environment.Engines).IsReachable);
        Assert.Contains(environment.Problems, p => p.Contains($"unix://{socket} cannot be used", StringComparison.Ordinal));
    }
}
