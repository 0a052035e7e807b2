using System.Text.Json;
using System.Threading.Channels;
using PatchContainers.Platforms.Kubernetes.Client;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>How a workload and its pods stand, as far as the platform has said.</summary>
/// <param name="Workload">The object; null before it was read, and after it was deleted.</param>
/// <param name="IsGone">Whether it was deleted.</param>
/// <param name="Pods">Its pods.</param>
/// <param name="Fault">Why the object could not be read the last time; null where it could.</param>
/// <param name="PodsFault">Why its pods could not be read the last time; null where they could.</param>
internal sealed record WorkloadView(JsonElement? Workload, bool IsGone, IReadOnlyList<JsonElement> Pods, PatchException? Fault,
    PatchException? PodsFault)
{
    /// <summary>Reads it once.</summary>
    public static async Task<WorkloadView> ReadAsync(WorkloadTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var workload = await target.GetAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var pods = await target.PodsAsync(workload, cancellationToken).ConfigureAwait(false);
                return new WorkloadView(workload, false, pods, null, null);
            }
            catch (PatchException e)
            {
                return new WorkloadView(workload, false, [], null, e);
            }
        }
        catch (PatchException e)
        {
            return new WorkloadView(null, e.Code == PatchErrorCode.NotFound, [], e.Code == PatchErrorCode.NotFound ? null : e, null);
        }
    }
}

/// <summary>
/// Follows a workload and its pods: by watches, so that a change is known at once. Where a watch is refused or breaks, it reads again every
/// <see cref="Interval"/>, and tries to watch again.
/// </summary>
internal sealed class WorkloadFeed : IAsyncDisposable
{
    private readonly WorkloadTarget _target;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _end;
    private readonly object _gate = new();
    private readonly Dictionary<string, JsonElement> _pods = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changed =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource<string?> _selector = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _pumps;
    private JsonElement? _workload;
    private bool _isGone;
    private bool _podsKnown;
    private PatchException? _fault;
    private PatchException? _podsFault;

    private WorkloadFeed(WorkloadTarget target, TimeProvider clock, CancellationToken cancellationToken)
    {
        (_target, _clock) = (target, clock);
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _pumps = Task.WhenAll(Task.Run(() => FollowAsync(FollowWorkloadAsync, SetFault), CancellationToken.None),
            Task.Run(() => FollowAsync(FollowPodsAsync, SetPodsFault), CancellationToken.None));
    }

    /// <summary>How often it reads while it cannot watch.</summary>
    public static TimeSpan Interval => TimeSpan.FromSeconds(1);

    /// <summary>Begins to follow.</summary>
    public static WorkloadFeed Start(WorkloadTarget target, TimeProvider clock, CancellationToken cancellationToken) =>
        new(target, clock, cancellationToken);

    /// <summary>How things stand. Pods are known before a workload is given out, or it is known that they cannot be.</summary>
    public WorkloadView Current
    {
        get
        {
            lock (_gate)
            {
                var settled = _podsKnown || _podsFault is not null;
                return new WorkloadView(settled ? _workload : null, _isGone, [.. _pods.Values], _fault, _podsFault);
            }
        }
    }

    /// <summary>Waits until something has changed since the last time, for no longer than is said.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await _changed.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Nothing changed in that time.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _selector.TrySetCanceled(CancellationToken.None);
        await _pumps.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task FollowAsync(Func<CancellationToken, Task> follow, Action<PatchException> fault)
    {
        var token = _end.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                await follow(token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (PatchException e)
            {
                fault(e);
            }

            // Not to be stopped by an exception: the loop's condition is looked at next.
            await Task.Delay(Interval, _clock, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowWorkloadAsync(CancellationToken token)
    {
        var workload = await _target.GetAsync(token).ConfigureAwait(false);
        SetWorkload(workload);
        await WatchAsync(_target.Resource, null, $"metadata.name={_target.Id.Name}", workload.Word("metadata", "resourceVersion"), told =>
        {
            if (told.Type == KubernetesWatchEventType.Deleted)
            {
                Change(() => (_workload, _isGone) = (null, true));
            }
            else
            {
                SetWorkload(told.Object);
            }
        }, token).ConfigureAwait(false);
    }

    private async Task FollowPodsAsync(CancellationToken token)
    {
        if (await _selector.Task.WaitAsync(token).ConfigureAwait(false) is not { } selector)
        {
            Change(() => _podsKnown = true);
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(false);
            return;
        }

        var found = new List<JsonElement>();
        var version = string.Empty;
        await foreach (var page in _target.Client.ListPagesAsync(KubernetesResource.Pods, _target.Id.Namespace, selector, null, token)
            .ConfigureAwait(false))
        {
            if (page.IsRestart)
            {
                found.Clear();
            }

            found.AddRange(page.Items);
            version = page.ResourceVersion;
        }

        Change(() =>
        {
            _pods.Clear();
            found.ForEach(pod => _pods[pod.Word("metadata", "uid")] = pod);
            (_podsKnown, _podsFault) = (true, null);
        });
        await WatchAsync(KubernetesResource.Pods, selector, null, version, told =>
        {
            var uid = told.Object.Word("metadata", "uid");
            Change(() =>
            {
                if (told.Type == KubernetesWatchEventType.Deleted)
                {
                    _pods.Remove(uid);
                }
                else
                {
                    _pods[uid] = told.Object;
                }
            });
        }, token).ConfigureAwait(false);
    }

    // Ends when the server has forgotten the version, and where watching is not allowed: then it is read again.
    private async Task WatchAsync(KubernetesResource resource, string? labels, string? fields, string version,
        Action<KubernetesWatchEvent> take, CancellationToken token)
    {
        try
        {
            await foreach (var told in _target.Client.WatchAsync(resource, _target.Id.Namespace, labels, fields, version, token)
                .ConfigureAwait(false))
            {
                if (told.Type is KubernetesWatchEventType.Added or KubernetesWatchEventType.Modified or KubernetesWatchEventType.Deleted)
                {
                    take(told);
                }
            }
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Forbidden)
        {
            // Reading was allowed a moment ago.
        }
    }

    private void SetWorkload(JsonElement workload)
    {
        Change(() => (_workload, _isGone, _fault) = (workload, false, null));
        _selector.TrySetResult(workload.Selector());
    }

    private void SetFault(PatchException fault) => Change(() =>
    {
        if (fault.Code == PatchErrorCode.NotFound)
        {
            (_workload, _isGone) = (null, true);
        }
        else
        {
            _fault = fault;
        }
    });

    private void SetPodsFault(PatchException fault) => Change(() => _podsFault = fault);

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
        }

        _changed.Writer.TryWrite(true);
    }
}
