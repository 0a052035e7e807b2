namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>A cluster, a user, and the namespace that is meant where none is named.</summary>
/// <param name="Name">The context's name; <c>in-cluster</c> for a pod's own account.</param>
/// <param name="Namespace">The namespace; <c>default</c> where the file names none.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="User">The user.</param>
internal sealed record KubeContext(string Name, string Namespace, KubeCluster Cluster, KubeUser User);
