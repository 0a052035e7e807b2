using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Who keeps an object as it stands somewhere else. A change made in the cluster would be undone at the next synchronisation, or at the
/// next upgrade.
/// </summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Owner">What of the tool's owns the object.</param>
/// <param name="Remedy">Where to change the image instead.</param>
internal sealed record GitOpsOwner(string Tool, string Owner, string Remedy)
{
    private const string Flux = "Flux";

    /// <summary>Why the object is not changed, and what to do.</summary>
    public string Refusal => $"{Tool} keeps it as {Owner} says, and would undo the change. {Remedy} "
        + "With Force it is changed here all the same.";

    /// <summary>The owner that the object's labels and annotations name; null where they name none.</summary>
    public static GitOpsOwner? Of(JsonElement workload)
    {
        // Flux before Helm: its helm-controller leaves Helm's marks too, and the HelmRelease is what has to be changed.
        if (Label(workload, "helm.toolkit.fluxcd.io/name") is { } release)
        {
            return new(Flux, $"the HelmRelease '{Space(workload, "helm.toolkit.fluxcd.io/namespace")}{release}'",
                "Change the image in the HelmRelease's values, in the Git repository that Flux reads.");
        }

        if (Label(workload, "kustomize.toolkit.fluxcd.io/name") is { } kustomization)
        {
            return new(Flux, $"the Kustomization '{Space(workload, "kustomize.toolkit.fluxcd.io/namespace")}{kustomization}'",
                "Change the image in the Git repository that Flux reads: roll out to its folder.");
        }

        // https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/: the application's name is before the first colon.
        if (workload.Annotation("argocd.argoproj.io/tracking-id") is { Length: > 0 } tracking)
        {
            return Argo(tracking.Split(':')[0]);
        }

        if (Label(workload, "argocd.argoproj.io/instance") is { } application)
        {
            return Argo(application);
        }

        var helm = workload.Annotation("meta.helm.sh/release-name");
        if (!string.IsNullOrEmpty(helm) || Label(workload, "app.kubernetes.io/managed-by") == "Helm")
        {
            // Releases of Helm before 3.2 have the label alone.
            var name = string.IsNullOrEmpty(helm) ? Label(workload, "app.kubernetes.io/instance") : helm;
            var space = workload.Annotation("meta.helm.sh/release-namespace");
            var prefix = string.IsNullOrEmpty(space) ? string.Empty : space + "/";
            return new("Helm", name is null ? "a release" : $"the release '{prefix}{name}'",
                "Change the image in the release's values, and upgrade the release.");
        }

        // An operator writes its objects anew from the resource that owns them. Nothing of Kubernetes itself owns what is changed here.
        foreach (var owner in workload.Items("metadata", "ownerReferences"))
        {
            if (owner.IsTrue("controller"))
            {
                return new("An operator", $"the {owner.Word("kind")} '{owner.Word("name")}'",
                    $"Change the image in that {owner.Word("kind")}.");
            }
        }

        return null;
    }

    private static GitOpsOwner Argo(string application) => new("Argo CD", $"the application '{application}'",
        "Change the image in the Git repository that Argo CD reads: roll out to its folder.");

    private static string? Label(JsonElement workload, string name) =>
        workload.Word("metadata", "labels", name) is { Length: > 0 } value ? value : null;

    private static string Space(JsonElement workload, string label) => Label(workload, label) is { } space ? space + "/" : string.Empty;
}
