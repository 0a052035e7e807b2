using System.ComponentModel;
using System.Diagnostics;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>What we say of a rollout is what <c>kubectl rollout status</c> says of the same version of the object.</summary>
public sealed class RealKubectlTests
{
    private static CancellationToken Token => RolloutScene.Token;

    [Theory]
    [InlineData("Deployment", "replicas: 3, minReadySeconds: 1, ", "1.1", "Ready")]
    [InlineData("Deployment", "replicas: 2, progressDeadlineSeconds: 5, ", "1.1-unready", "Failed")]
    [InlineData("StatefulSet", "replicas: 3, ", "1.1", "Ready")]
    [InlineData("StatefulSet", "replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}, ", "1.1", "Ready")]
    [InlineData("DaemonSet", "", "1.1", "Ready")]
    public async Task We_agree_with_kubectl_at_every_step(string kind, string spec, string tag, string end)
    {
        var kubeconfig = ControlPlane.Kubeconfig("admin");
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", spec);
        await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned(tag)));
        var said = new List<string>();
        while (said.Count == 0 || said[^1] != end)
        {
            var before = await scene.GetAsync(kind, "web");
            var theirs = await RolloutStatusAsync(kubeconfig, scene.Namespace, $"{kind}/web");
            var after = await scene.GetAsync(kind, "web");
            if (before.Text("metadata", "resourceVersion") == after.Text("metadata", "resourceVersion"))
            {
                Assert.Equal(theirs.State, ReadinessRules.Of(kind, before).State.ToString());
                said.Add(theirs.State);
            }
        }

        Assert.Equal(end, (await RolloutStatusAsync(kubeconfig, scene.Namespace, $"{kind}/web")).State);
    }

    [Fact]
    public async Task We_agree_with_kubectl_on_OnDelete()
    {
        var kubeconfig = ControlPlane.Kubeconfig("admin");
        await using var scene = await RolloutScene.OpenAsync();
        foreach (var kind in new[] { "StatefulSet", "DaemonSet" })
        {
            var workload = await scene.MakeAsync(kind, "web", "updateStrategy: {type: OnDelete}, ");
            Assert.Equal("Failed", (await RolloutStatusAsync(kubeconfig, scene.Namespace, $"{kind}/web")).State);
            Assert.Equal(ReadinessState.Failed, ReadinessRules.Of(kind, workload).State);
        }
    }

    private static async Task<(string State, string Text)> RolloutStatusAsync(string kubeconfig, string ns, string workload)
    {
        var start = new ProcessStartInfo("kubectl") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "--kubeconfig", kubeconfig, "--namespace", ns, "rollout", "status", workload, "--watch=false" })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var kubectl = Process.Start(start)!;
            var error = kubectl.StandardError.ReadToEndAsync(Token);
            var text = await kubectl.StandardOutput.ReadToEndAsync(Token);
            await kubectl.WaitForExitAsync(Token);
            text += await error;
            return (kubectl.ExitCode != 0 ? "Failed"
                : text.Contains("successfully rolled out", StringComparison.Ordinal) || text.Contains("complete:", StringComparison.Ordinal)
                    || text.Contains("update complete", StringComparison.Ordinal) ? "Ready" : "Progressing", text);
        }
        catch (Win32Exception)
        {
            Assert.Skip("There is no kubectl.");
            throw;
        }
    }
}
