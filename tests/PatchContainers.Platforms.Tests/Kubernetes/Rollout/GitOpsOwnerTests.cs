using PatchContainers.Platforms.Kubernetes.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

public sealed class GitOpsOwnerTests
{
    [Theory]
    [InlineData("annotations: {argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:shop/web'}", "Argo CD", "the application 'shop'")]
    [InlineData("labels: {argocd.argoproj.io/instance: shop}", "Argo CD", "the application 'shop'")]
    [InlineData("labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}", "Flux",
        "the Kustomization 'flux-system/apps'")]
    [InlineData(
        "labels: {helm.toolkit.fluxcd.io/name: web, helm.toolkit.fluxcd.io/namespace: shop, app.kubernetes.io/managed-by: Helm}",
        "Flux", "the HelmRelease 'shop/web'")]
    [InlineData("labels: {app.kubernetes.io/managed-by: Helm}, "
        + "annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: shop}",
        "Helm", "the release 'shop/web'")]
    [InlineData("labels: {app.kubernetes.io/managed-by: Helm, app.kubernetes.io/instance: web}", "Helm", "the release 'web'")]
    [InlineData("labels: {app.kubernetes.io/managed-by: Helm}", "Helm", "a release")]
    [InlineData("ownerReferences: [{kind: Prometheus, name: k8s, controller: true}]", "An operator", "the Prometheus 'k8s'")]
    public void What_another_tool_keeps_is_told_with_where_to_change_it_instead(string metadata, string tool, string owner)
    {
        var found = GitOpsOwner.Of(Objects.Parse($"{{metadata: {{name: web, {metadata}}}}}"));
        Assert.Equal((tool, owner), (found?.Tool, found?.Owner));
        Assert.Contains("Change the image in ", found?.Refusal);
        Assert.Contains("Force", found?.Refusal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("labels: {app.kubernetes.io/managed-by: skaffold, app.kubernetes.io/instance: web}")]
    [InlineData("annotations: {argocd.argoproj.io/sync-wave: '5'}")]
    [InlineData("ownerReferences: [{kind: Shop, name: web}]")]
    public void What_nobody_keeps_has_no_owner(string metadata) =>
        Assert.Null(GitOpsOwner.Of(Objects.Parse($"{{metadata: {{name: web, {metadata}}}}}")));
}
