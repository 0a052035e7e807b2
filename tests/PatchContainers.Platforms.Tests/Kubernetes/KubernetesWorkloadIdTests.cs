using PatchContainers.Platforms.Kubernetes;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

public sealed class KubernetesWorkloadIdTests
{
    [Theory]
    [InlineData("kubernetes://prod/shop/Deployment/web#app", "prod", "shop", "Deployment", "web", "app")]
    [InlineData("kubernetes://arn:aws:eks:eu-central-1:1:cluster%2Fprod/shop/CronJob/report#job", "arn:aws:eks:eu-central-1:1:cluster/prod",
        "shop", "CronJob", "report", "job")]
    [InlineData("kubernetes://100%25 %23us %7E/shop/StatefulSet/db#db", "100% #us ~", "shop", "StatefulSet", "db", "db")]
    public void An_id_names_context_namespace_kind_object_and_container(
        string text, string context, string space, string kind, string name, string container)
    {
        var id = KubernetesWorkloadId.Parse(text);
        Assert.Equal(new KubernetesWorkloadId(context, space, kind, name, container), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("web")]
    [InlineData("manifest:///a.yaml/shop/Deployment/web#app")]
    [InlineData("kubernetes://prod/shop/Deployment/web")]
    [InlineData("kubernetes://prod/shop/Deployment/web#")]
    [InlineData("kubernetes://prod//Deployment/web#app")]
    [InlineData("kubernetes:///shop/Deployment/web#app")]
    [InlineData("kubernetes://prod/shop/Deployment/web/more#app")]
    [InlineData("kubernetes://prod/shop/Deployment/web#app#b")]
    [InlineData("kubernetes://prod%2/shop/Deployment/web#app")]
    [InlineData("kubernetes://prod%xx/shop/Deployment/web#app")]
    public void What_is_no_id_is_refused(string text) =>
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => KubernetesWorkloadId.Parse(text)).Code);
}
