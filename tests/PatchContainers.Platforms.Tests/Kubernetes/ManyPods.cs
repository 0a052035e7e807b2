using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>Tests that each take most of the pods that three nodes have room for: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ManyPods
{
    public const string Name = "many pods";
}
