using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>An API server that is away for longer than a ring waits, as the table of failures says of it.</summary>
public sealed class RealLostServerTests : IAsyncLifetime
{
    private ClusterScene _engine = null!;
    private CutLine _line = null!;
    private KubernetesClient _client = null!;
    private RolloutService _service = null!;
    private Action<HttpRequestMessage>? _beforeSending;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _engine = await ClusterScene.OpenAsync();
        var admin = _engine.Staging.Admin.Context;
        _line = new CutLine(admin.Cluster.Server);
        _client = new KubernetesClient(admin with { Cluster = admin.Cluster with { Server = _line.Address } },
            new KubernetesClientOptions
            {
                RetryFor = TimeSpan.FromSeconds(3),
                Between = h => new Before(h, r => _beforeSending?.Invoke(r)),
            });
        _service = _engine.Open(null, _client);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_line?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task Away_while_a_ring_gets_ready_nobody_can_say_whether_it_is_well_and_the_rollout_waits_and_goes_on()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 2, "), ("StatefulSet", "db", "replicas: 2, "));
        var running = _engine.RunAsync(_service, "1.2", _engine.Plan(r => r with { Timeout = TimeSpan.FromSeconds(5) }));
        await _engine.ReachAsync(running, s => s.Action == "Await");
        _line.Cut();
        var paused = await running;
        Assert.Equal((RolloutStatus.Paused, 6), (paused.Status, RolloutOutcome.ExitCode(paused)));
        Assert.Contains("Nobody could say whether", paused.Reason, StringComparison.Ordinal);
        Assert.Empty(await _service.ListQuarantineAsync(Token));
        Assert.DoesNotContain(paused.Steps, s => s.Action == "Revert");

        _line.Mend();
        var rollout = await _service.ResumeAsync(paused.Id, new RolloutRunOptions(), _engine.Notices, Token);
        Assert.Equal((RolloutStatus.Succeeded, string.Empty), (rollout.Status, ClusterScene.Unwell(rollout)));
        Assert.Equal(2, rollout.Steps.Count(s => s.Action == "Apply"));
    }

    [Fact]
    public async Task Away_for_a_write_the_change_has_failed_and_what_cannot_be_put_back_is_listed_and_put_back_later()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 1, "), ("StatefulSet", "db", "replicas: 1, "));
        _beforeSending = request =>
        {
            if (request.Method == HttpMethod.Patch
                && request.RequestUri!.AbsolutePath.EndsWith("/statefulsets/db", StringComparison.Ordinal)
                && !request.RequestUri.Query.Contains("dryRun", StringComparison.Ordinal))
            {
                _line.Cut();
            }
        };
        var plan = _engine.Plan(r => r with { Batch = Portion.Parse("1"), Timeout = TimeSpan.FromMinutes(1) });
        var failed = await _engine.RunAsync(_service, "1.2", plan);
        Assert.Equal((RolloutStatus.Failed, 5), (failed.Status, RolloutOutcome.ExitCode(failed)));
        var error = RolloutOutcome.Error(failed)!;
        Assert.Equal(PatchErrorCode.RollbackIncomplete, error.Code);
        Assert.Contains("Deployment/web#app", error.Message, StringComparison.Ordinal);
        Assert.Empty(await _service.ListQuarantineAsync(Token));

        _beforeSending = null;
        _line.Mend();
        var undone = await _service.UndoAsync(failed.Id, RollbackScope.Rollout, _engine.Notices, Token);
        Assert.Equal(RolloutStatus.RolledBack, undone.Status);
        Assert.All([.. await _engine.Staging.ImagesAsync("web"), .. await _engine.Staging.ImagesAsync("db")],
            image => Assert.Equal(RolloutScene.Old, image));
    }

    private sealed class Before(HttpMessageHandler inner, Action<HttpRequestMessage> action) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            action(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
