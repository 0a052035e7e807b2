using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>CronJobs on a real control plane: their template, and the Job that tries it out.</summary>
public sealed class RealCronJobTests
{
    private static readonly RolloutChangeOptions s_trial = new() { TrialJob = true };

    private static CancellationToken Token => RolloutScene.Token;

    [Fact]
    public async Task Without_a_trial_a_CronJob_is_inconclusive()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await CreateAsync(scene, "web");
        var change = await scene.ApplyAsync(scene.Change("CronJob", "web", RolloutScene.Pinned("1.1-exit0")));
        Assert.Equal(ChangeStatus.Inconclusive, (await scene.AwaitAsync(change)).Status);
        Assert.Equal(change.NewImage, await ImageAsync(scene, "web"));
        Assert.Equal(ChangeStatus.RolledBack, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(RolloutScene.Old, await ImageAsync(scene, "web"));
        Assert.Equal(ChangeStatus.RolledBack, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
    }

    [Fact]
    public async Task A_trial_that_completes_makes_it_healthy_and_is_made_once()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await CreateAsync(scene, "web");
        var change = await scene.ApplyAsync(scene.Change("CronJob", "web", RolloutScene.Pinned("1.1-exit0"), s_trial));
        Assert.Equal(ChangeStatus.Applied, (await scene.AwaitAsync(change, seconds: 0)).Status);
        Assert.Equal(ChangeStatus.Applied, (await scene.AwaitAsync(change, seconds: 0)).Status);
        var job = Assert.Single(await JobsAsync(scene));
        Assert.Equal("web", job.Text("metadata", "labels", "patchcontainers/trial"));
        Assert.Equal("report", job.Text("metadata", "labels", "kind"));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change)).Status);
        Assert.DoesNotContain(await JobsAsync(scene), left => left.Text("metadata", "deletionTimestamp") is null);

        // Asked again, it is still known, and no second one is made.
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, seconds: 0)).Status);
        Assert.DoesNotContain(await JobsAsync(scene), left => left.Text("metadata", "deletionTimestamp") is null);
    }

    [Fact]
    public async Task A_trial_that_fails_fails_the_change_and_goes_with_it()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await CreateAsync(scene, "web");
        var change = await scene.ApplyAsync(scene.Change("CronJob", "web", RolloutScene.Pinned("1.1-exit1"), s_trial));
        var failed = await scene.AwaitAsync(change);
        Assert.Equal(ChangeStatus.Failed, failed.Status);
        Assert.Contains("made from the template, failed", failed.Detail);
        Assert.Contains("exit code 1", failed.Detail);
        Assert.True(failed.Ran);
        Assert.Equal(ChangeStatus.RolledBack, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.DoesNotContain(await JobsAsync(scene), left => left.Text("metadata", "deletionTimestamp") is null);
        Assert.Equal(RolloutScene.Old, await ImageAsync(scene, "web"));
    }

    [Fact]
    public async Task A_template_that_someone_else_changed_is_not_tried()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await CreateAsync(scene, "web");
        var change = scene.Change("CronJob", "web", RolloutScene.Pinned("1.1-exit0"), s_trial);
        Assert.Equal(ChangeStatus.LeftAlone, (await scene.AwaitAsync(change)).Status);
        Assert.Empty(await JobsAsync(scene));
    }

    /// <summary>Makes a CronJob in the server's version of them.</summary>
    internal static async Task CreateAsync(RolloutScene scene, string name) => await scene.Admin.CreateAsync(
        await scene.Admin.CronJobsAsync(Token), scene.Namespace, JsonObject.Create(Objects.Parse(
            $"{{metadata: {{name: {name}}}, spec: {{schedule: '0 0 1 1 *', jobTemplate: {{metadata: {{labels: {{kind: report}}}}, "
            + "spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: app, image: '" + RolloutScene.Old
            + "'}]}}}}}}"))!, "tests", false, Token);

    private static async Task<string?> ImageAsync(RolloutScene scene, string name)
    {
        var cronJob = await scene.Admin.GetAsync(await scene.Admin.CronJobsAsync(Token), scene.Namespace, name, Token);
        return cronJob.Items("spec", "jobTemplate", "spec", "template", "spec", "containers").Single().Text("image");
    }

    private static async Task<IReadOnlyList<System.Text.Json.JsonElement>> JobsAsync(RolloutScene scene)
    {
        var jobs = new List<System.Text.Json.JsonElement>();
        await foreach (var job in scene.Admin.ListAsync(KubernetesResource.Jobs, scene.Namespace, null, null, Token))
        {
            jobs.Add(job);
        }

        return jobs;
    }
}
