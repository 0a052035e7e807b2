using System.Text.Json;
using PatchContainers.Platforms.Docker;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>What is said of a service that one node cannot show: many nodes, and states that come and go.</summary>
public sealed class SwarmJudgeTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly RolloutChange s_change = new()
    {
        Workload = "swarm://default/web", Platform = "Swarm", Ring = "r", OldImage = "web:1", NewImage = "web:2", NewDigest = string.Empty,
    };

    // The image that the service holds, the update's state, the tasks: place, version, desired state, state, error
    // or since when it runs.
    [Theory]
    [InlineData("2", "", "a2 running running;b2 running running;c2 running running", AwaitedState.New, ChangeStatus.Healthy, "All 3 tasks run.")]
    [InlineData("2", "completed", "a2 running running;b2 running running", AwaitedState.New, ChangeStatus.Healthy, "All 2 tasks run.")]
    [InlineData("2", "updating", "a2 running running;b2 running running", AwaitedState.New, ChangeStatus.Applied, "Swarm watches them still")]
    [InlineData("2", "updating", "a2 running running;b1 running running", AwaitedState.New, ChangeStatus.Applied, "1 of 2 tasks run.")]
    [InlineData("2", "", "a1 running running;b1 running running", AwaitedState.New, ChangeStatus.Applied, "0 of 2 tasks run.")]
    [InlineData("2", "completed", "", AwaitedState.New, ChangeStatus.Healthy, "nothing runs the image")]
    [InlineData("2", "completed", "a2 running running;a1 running running", AwaitedState.New, ChangeStatus.Applied, "1 tasks of the other version")]
    [InlineData("2", "completed", "a2 running running;a1 shutdown running", AwaitedState.New, ChangeStatus.Healthy, "All 1 tasks run.")]
    [InlineData("2", "completed", "a2 running running;b2 ready pending no suitable node", AwaitedState.New, ChangeStatus.Applied, "Task web.b has no node: no suitable node.")]
    [InlineData("2", "completed", "a2 running running;b2 shutdown orphaned;b2 running assigned", AwaitedState.New, ChangeStatus.Applied, "1 of 2 tasks run.")]
    [InlineData("2", "completed", "a2 shutdown failed one;a2 shutdown failed two;a2 shutdown failed three;a2 ready ready", AwaitedState.New, ChangeStatus.Failed, "ends again and again (3 times)")]
    [InlineData("2", "completed", "a2 shutdown failed one;a2 running running 00:00:00", AwaitedState.New, ChangeStatus.Applied, "has not run for long enough")]
    [InlineData("2", "completed", "a2 running running;b2 running running 23:59:56", AwaitedState.New, ChangeStatus.Applied, "has not run for long enough")]
    [InlineData("2", "completed", "a2 shutdown complete", AwaitedState.New, ChangeStatus.Failed, "the service's restart policy says so")]
    [InlineData("2", "completed", "a2 running running;b2 shutdown complete", AwaitedState.New, ChangeStatus.Failed, "the service's restart policy says so")]
    [InlineData("2", "paused", "a2 shutdown failed one;a2 running running", AwaitedState.New, ChangeStatus.Failed, "gave the update up (paused): said. Task web.a ended with exit code 9 (one).")]
    [InlineData("2", "rollback_started", "a2 running running", AwaitedState.New, ChangeStatus.Applied, "Swarm watches them still")]
    [InlineData("1", "rollback_started", "a1 running running", AwaitedState.New, ChangeStatus.Failed, "Swarm itself went back to 'web:1' (rollback_started)")]
    [InlineData("1", "rollback_completed", "a1 running running", AwaitedState.New, ChangeStatus.Failed, "Swarm itself went back to 'web:1' (rollback_completed)")]
    [InlineData("1", "completed", "a1 running running", AwaitedState.New, ChangeStatus.LeftAlone, "someone else changed it")]
    [InlineData("3", "completed", "a3 running running", AwaitedState.New, ChangeStatus.LeftAlone, "holds 'web:3' now, and not 'web:2'")]
    [InlineData("1", "rollback_completed", "a1 running running", AwaitedState.Old, ChangeStatus.Healthy, "All 1 tasks run.")]
    [InlineData("1", "rollback_started", "a1 running running", AwaitedState.Old, ChangeStatus.Applied, "Swarm watches them still")]
    [InlineData("1", "rollback_paused", "a1 shutdown failed one;a1 ready ready", AwaitedState.Old, ChangeStatus.Failed, "(rollback_paused)")]
    [InlineData("2", "rollback_completed", "a2 running running", AwaitedState.Old, ChangeStatus.Failed, "Swarm itself went back to 'web:2'")]
    [InlineData("1", "completed", "a1 shutdown failed one;a1 shutdown failed two;a1 shutdown failed three;a1 running starting", AwaitedState.Old, ChangeStatus.Applied, "0 of 1 tasks run.")]
    public void A_service_is_judged_by_its_update_and_its_tasks(
        string image, string update, string tasks, AwaitedState state, ChangeStatus status, string why)
    {
        var seen = new SwarmJudge(new SwarmTarget(null!, DockerWorkloadId.Parse(s_change.Workload)), s_change with
        {
            Before = new SwarmState { Image = "web:1" }.ToText(),
        }, state).Look(Service(image, update), Tasks(tasks), s_now, false, []);
        Assert.Equal((status, seen.Detail), (seen.Status, seen.Detail));
        Assert.Contains(why, seen.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_canary_of_nodes_is_ready_when_as_many_have_run_for_long_enough()
    {
        var judge = new SwarmJudge(new SwarmTarget(null!, DockerWorkloadId.Parse(s_change.Workload)), s_change with
        {
            Before = new SwarmState { Image = "web:1", CanaryCount = 2, Settings = UpdateSettings.Of(null, null, 2) }.ToText(),
        }, AwaitedState.Canary);
        var (service, tasks) = (Service("2", "updating"), Tasks("a2 running running 00:00:00;b2 running running 00:00:00;c1 running running"));
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, tasks, s_now, false, []).Status);
        Assert.Equal(ChangeStatus.Healthy, judge.Look(service, tasks, s_now, true, []).Status);
        Assert.Equal(ChangeStatus.Healthy, judge.Look(service, tasks, s_now + TimeSpan.FromSeconds(5), false, []).Status);
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, Tasks("a2 running running 00:00:00;b1 running running;c1 running running"),
            s_now + TimeSpan.FromSeconds(5), true, []).Status);
    }

    [Fact]
    public void A_task_counts_from_when_its_engine_came_back()
    {
        var judge = new SwarmJudge(new SwarmTarget(null!, DockerWorkloadId.Parse(s_change.Workload)), s_change, AwaitedState.New);
        var (service, tasks) = (Service("2", "completed"), Tasks("a2 running running"));
        Assert.Equal(ChangeStatus.Healthy, judge.Look(service, tasks, s_now, false, []).Status);
        judge.Lost(s_now);
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, tasks, s_now + TimeSpan.FromSeconds(1), false, []).Status);
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, tasks, s_now + TimeSpan.FromSeconds(5.9), true, []).Status);
        Assert.Equal(ChangeStatus.Healthy, judge.Look(service, tasks, s_now + TimeSpan.FromSeconds(6), false, []).Status);
    }

    // The first task ended with the engine or before it came back, the second after it.
    [Theory]
    [InlineData("a2 shutdown failed one;a2 ready ready", false)]
    [InlineData("a2 shutdown failed one;a2 shutdown failed two;a2 ready ready", true)]
    public void What_ended_with_its_engine_speaks_against_no_digest(string tasks, bool ran)
    {
        var judge = new SwarmJudge(new SwarmTarget(null!, DockerWorkloadId.Parse(s_change.Workload)), s_change with
        {
            Before = new SwarmState { Image = "web:1" }.ToText(),
        }, AwaitedState.New);
        judge.Lost(s_now);
        judge.Lost(s_now - TimeSpan.FromHours(1));
        var seen = judge.Look(Service("2", "paused"), Tasks(tasks), s_now, false, []);
        Assert.Equal((ChangeStatus.Failed, ran), (seen.Status, seen.Ran));
        Assert.Equal(!ran, seen.Detail.Contains("may have ended with its engine", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_image_is_waited_for_and_then_given_up_and_speaks_against_no_digest()
    {
        var judge = new SwarmJudge(new SwarmTarget(null!, DockerWorkloadId.Parse(s_change.Workload)), s_change, AwaitedState.New);
        var service = Service("2", "completed");
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, Tasks("a1 running running"), s_now, false, []).Status);
        var tasks = Tasks("a2 shutdown rejected No such image;a2 ready ready");
        Assert.Equal(ChangeStatus.Applied, judge.Look(service, tasks, s_now, false, []).Status);
        var seen = judge.Look(service, tasks, s_now + TimeSpan.FromSeconds(30), false, []);
        Assert.Equal((ChangeStatus.Failed, false), (seen.Status, seen.Ran));
        Assert.Equal("0 of 1 tasks run. Task web.a cannot be made: No such image.", seen.Detail);
    }

    private static JsonElement Service(string image, string update) => JsonDocument.Parse($$$"""
        {"ID": "s", "Version": {"Index": 1}, "UpdateStatus": {"State": "{{{update}}}", "StartedAt": "2026-01-01T00:00:00Z", "Message": "said"},
         "Spec": {"Name": "web", "Mode": {"Global": {}}, "TaskTemplate": {"ContainerSpec": {"Image": "web:{{{image}}}"} } } }
        """).RootElement;

    private static JsonElement[] Tasks(string tasks) => [.. tasks.Split(';', StringSplitOptions.RemoveEmptyEntries).Select((task, i) =>
    {
        var parts = task.Split(' ', 4);
        var (runs, said) = (parts[2] == "running", parts.Length > 3 ? parts[3] : string.Empty);
        return JsonDocument.Parse($$$"""
            {"ID": "t{{{parts[0][0]}}}{{{(parts[2] is "running" or "rejected" ? string.Empty : i)}}}", "NodeID": "{{{parts[0][0]}}}",
             "CreatedAt": "2026-01-01T00:00:{{{i:00}}}Z", "DesiredState": "{{{parts[1]}}}",
             "Spec": {"ContainerSpec": {"Image": "web:{{{parts[0][1]}}}"}}, "Status": {"State": "{{{parts[2]}}}", "Err": "{{{(runs ? string.Empty : said)}}}",
              "Timestamp": "{{{(runs && said == "00:00:00" ? "2026-01-01" : "2025-12-31")}}}T{{{(runs && said.Length > 0 ? said : "23:59:00")}}}Z",
              "ContainerStatus": {"ContainerID": "{{{(parts[2] == "rejected" ? string.Empty : "c")}}}", "ExitCode": {{{(parts[2] == "failed" ? 9 : 0)}}}} }}
            """).RootElement;
    })];
}
