namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>A kind of object, and where the API has it.</summary>
/// <param name="Group">The API group; empty for the core one.</param>
/// <param name="Version">The version in the group.</param>
/// <param name="Plural">The name in addresses.</param>
/// <param name="Kind">The name in objects.</param>
/// <param name="Namespaced">Whether its objects lie in namespaces.</param>
internal sealed record KubernetesResource(string Group, string Version, string Plural, string Kind, bool Namespaced = true)
{
    public static readonly KubernetesResource Deployments = new("apps", "v1", "deployments", "Deployment");
    public static readonly KubernetesResource StatefulSets = new("apps", "v1", "statefulsets", "StatefulSet");
    public static readonly KubernetesResource DaemonSets = new("apps", "v1", "daemonsets", "DaemonSet");
    public static readonly KubernetesResource ReplicaSets = new("apps", "v1", "replicasets", "ReplicaSet");
    public static readonly KubernetesResource ControllerRevisions = new("apps", "v1", "controllerrevisions", "ControllerRevision");

    /// <summary>As servers since 1.21 have them; see <see cref="KubernetesClient.CronJobsAsync"/>.</summary>
    public static readonly KubernetesResource CronJobs = new("batch", "v1", "cronjobs", "CronJob");

    /// <summary>As servers before 1.21 have them.</summary>
    public static readonly KubernetesResource CronJobsV1Beta1 = CronJobs with { Version = "v1beta1" };

    public static readonly KubernetesResource Jobs = new("batch", "v1", "jobs", "Job");
    public static readonly KubernetesResource Pods = new("", "v1", "pods", "Pod");
    public static readonly KubernetesResource Secrets = new("", "v1", "secrets", "Secret");
    public static readonly KubernetesResource ServiceAccounts = new("", "v1", "serviceaccounts", "ServiceAccount");
    public static readonly KubernetesResource ConfigMaps = new("", "v1", "configmaps", "ConfigMap");
    public static readonly KubernetesResource Leases = new("coordination.k8s.io", "v1", "leases", "Lease");
    public static readonly KubernetesResource Events = new("", "v1", "events", "Event");
    public static readonly KubernetesResource Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    /// <summary>What the Trivy Operator has found in an image of a workload.</summary>
    public static readonly KubernetesResource VulnerabilityReports =
        new("aquasecurity.github.io", "v1alpha1", "vulnerabilityreports", "VulnerabilityReport");

    /// <summary>The same of what lies in no namespace.</summary>
    public static readonly KubernetesResource ClusterVulnerabilityReports =
        new("aquasecurity.github.io", "v1alpha1", "clustervulnerabilityreports", "ClusterVulnerabilityReport", Namespaced: false);

    internal static readonly KubernetesResource SelfSubjectAccessReviews =
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false);

    /// <summary><c>apps/v1</c>, as objects say it.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The address below the server's, without a slash in front.</summary>
    /// <param name="ns">The namespace; null for all, or for what lies in none.</param>
    /// <param name="name">The object; null for all.</param>
    public string Path(string? ns, string? name = null)
    {
        if (name is not null && Namespaced && string.IsNullOrEmpty(ns))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, $"{Kind}/{name}", $"{Kind}/{name} lies in a namespace, and none is named.");
        }

        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        var space = Namespaced && !string.IsNullOrEmpty(ns) ? $"/namespaces/{Segment(ns)}" : string.Empty;
        return $"{root}{space}/{Plural}{(name is null ? string.Empty : "/" + Segment(name))}";
    }

    // No name of an object has a slash or is a dot (RFC 1123); one that did would change the address.
    private static string Segment(string name) => name.Length > 0 && name.AsSpan().IndexOfAny('/', '%', '?') < 0 && name is not ("." or "..")
        ? Uri.EscapeDataString(name)
        : throw new PatchException(PatchErrorCode.InvalidArgument, name, $"'{name}' is no name of an object in Kubernetes.");
}
