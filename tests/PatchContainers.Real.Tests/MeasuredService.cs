using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>
/// A service that Prometheus scrapes: it tells of several applications, each in a namespace of its own. Counters move with every scrape, so
/// that what a query gives depends on the number of scrapes and not on time.
/// </summary>
public sealed class MeasuredService : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, MeasuredApplication> _applications = new();
    private readonly object _gate = new();
    private StubServer? _server;
    private string? _target;
    private int _scrapes;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds an application, once the service is one of Prometheus' targets.</summary>
    internal async Task<MeasuredApplication> AddAsync(RealEngines real)
    {
        var application = new MeasuredApplication("n" + Guid.NewGuid().ToString("N"));
        _applications[application.Namespace] = application;
        if (_target is null)
        {
            _server = await StubServer.StartAsync(Answer);
            _target = Path.Combine(real.PrometheusTargets, Guid.NewGuid().ToString("N") + ".json");

            // Renamed into place, since Prometheus reads it as soon as it is there.
            var targets = new[] { new { targets = new[] { new Uri(_server.Url).Authority } } };
            await File.WriteAllTextAsync(_target + ".tmp", JsonSerializer.Serialize(targets));
            File.Move(_target + ".tmp", _target);
        }

        return application;
    }

    /// <summary>Waits until Prometheus has what was true when this was called, so many times at least.</summary>
    internal async Task ScrapedAsync(int times)
    {
        int last;
        lock (_gate)
        {
            // The one that is under way may have been written before, and that one is stored for sure which another one follows.
            last = _scrapes + times + 2;
        }

        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_scrapes >= last)
                {
                    return;
                }

                next = _next.Task;
            }

            await next.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_target is not null)
        {
            File.Delete(_target);
            await _server!.DisposeAsync();
        }
    }

    private StubAnswer Answer(StubRequest request)
    {
        lock (_gate)
        {
            _scrapes++;
            var text = new StringBuilder();
            foreach (var application in _applications.Values)
            {
                application.Write(text);
            }

            _next.SetResult();
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new StubAnswer(200, text.ToString());
        }
    }
}

/// <summary>An application as its metrics show it, healthy at first.</summary>
internal sealed class MeasuredApplication(string name)
{
    private const long Gibibyte = 1L << 30;

    private readonly object _gate = new();
    private bool _isSick;
    private long _good;
    private long _bad;
    private long _slow;
    private long _restarts;
    private double _processor;

    public string Namespace => name;

    /// <summary>From now on half of the requests fail, and all of them slowly; it restarts, and uses what it may.</summary>
    public void Sicken() => Become(isSick: true);

    /// <summary>From now on it is well again.</summary>
    public void Heal() => Become(isSick: false);

    /// <summary>The exposition format, after one more step of time.</summary>
    public void Write(StringBuilder text)
    {
        lock (_gate)
        {
            // So many that a window of five minutes, healthy scrapes included, is sick at once.
            var requests = _isSick ? 1_000_000 : 1000;
            _bad += _isSick ? requests / 2 : 2;
            _good += requests - (_isSick ? requests / 2 : 2);
            _slow += _isSick ? requests : 10;
            _restarts += _isSick ? 5 : 0;
            _processor += _isSick ? 100 : 0.1;
            var pod = $"namespace=\"{name}\",pod=\"web-6d5f\"";
            var container = $"{pod},container=\"app\"";
            var all = _good + _bad;
            Line($"http_requests_total{{namespace=\"{name}\",code=\"200\"}} {_good}");
            Line($"http_requests_total{{namespace=\"{name}\",code=\"500\"}} {_bad}");
            Line($"http_request_duration_seconds_bucket{{namespace=\"{name}\",le=\"0.1\"}} {all - _slow}");
            Line($"http_request_duration_seconds_bucket{{namespace=\"{name}\",le=\"2\"}} {all}");
            Line($"http_request_duration_seconds_bucket{{namespace=\"{name}\",le=\"+Inf\"}} {all}");
            Line($"kube_pod_container_status_restarts_total{{{container}}} {_restarts}");
            Line($"container_memory_working_set_bytes{{{container}}} {(_isSick ? Gibibyte - 1 : Gibibyte / 2)}");
            Line($"kube_pod_container_resource_limits{{{container},resource=\"memory\"}} {Gibibyte}");
            Line($"container_cpu_usage_seconds_total{{{container}}} {_processor}");
            Line($"kube_pod_container_resource_limits{{{container},resource=\"cpu\"}} 1");
            var digest = _isSick ? PrometheusTests.OldDigest : PrometheusTests.NewDigest;
            Line($"kube_pod_container_info{{{container},image_id=\"registry.example/web@{digest}\"}} 1");
            if (_isSick)
            {
                Line($"ALERTS{{namespace=\"{name}\",alertname=\"Down\",alertstate=\"firing\",severity=\"critical\"}} 1");
            }
        }

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Become(bool isSick)
    {
        lock (_gate)
        {
            _isSick = isSick;
        }
    }
}
