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
}
