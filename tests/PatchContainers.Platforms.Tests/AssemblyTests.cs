using Xunit;

namespace PatchContainers.Platforms.Tests;

public sealed class AssemblyTests
{
    [Fact]
    public void The_assembly_shows_its_provider_and_nothing_else()
    {
        Assert.Equal([typeof(PlatformProvider)], typeof(PlatformProvider).Assembly.GetExportedTypes());
    }

    [Fact]
    public void The_provider_is_made_by_name_without_arguments()
    {
        var provider = Assert.IsAssignableFrom<IPlatformProvider>(Activator.CreateInstance(typeof(PlatformProvider)
            .Assembly.GetType("PatchContainers.Platforms.PlatformProvider", true)!));
        var orchestrators = provider.OpenOrchestrators(null);
        Assert.All(new[] { "Manifest", "Compose", "Kubernetes", "Docker", "Swarm" }, platform => Assert.Contains(orchestrators, orchestrator =>
            orchestrator.CanHandle(platform)));
        Assert.All(orchestrators, orchestrator => Assert.False(orchestrator.CanHandle("Nomad")));
    }
}
