using System.Diagnostics;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>An engine of a test's own, with a swarm, which is killed by SIGKILL and started again at requests that change it.</summary>
internal sealed class EngineApart : IAsyncDisposable
{
    private const int CannotBe = 77;

    private readonly string _program;
    private readonly string _name = $"{Environment.ProcessId}";
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private Func<int, bool> _isDue = _ => false;
    private Task _comingBack = Task.CompletedTask;
    private int _requests;

    private EngineApart(string program) => _program = program;

    /// <summary>The engine.</summary>
    public RealEngine Engine { get; private set; } = null!;

    /// <summary>How often it was killed.</summary>
    public int Kills { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<EngineApart> StartAsync()
    {
        var first = RealEngine.Require();
        var apart = new EngineApart(first.ApartProgram);
        apart.Engine = first.At(await apart.RunAsync("up"));
        return apart;
    }

    /// <summary>From now on it is killed at some of the requests that change something.</summary>
    /// <param name="isDue">At which of them, from 1 on.</param>
    public void KillAt(Func<int, bool> isDue) => (_requests, Kills, _isDue) = (0, 0, isDue);

    /// <summary>Kills it; it comes back after a while.</summary>
    public async Task KillAsync()
    {
        await RunAsync("kill");
        _comingBack = RunAsync("up");
    }

    /// <summary>It is no longer killed, and has come back.</summary>
    public async Task SpareAsync()
    {
        _isDue = _ => false;
        await _comingBack;
    }

    /// <summary>Sees the requests of a client.</summary>
    public DelegatingHandler Wrap(HttpMessageHandler inner) => new Requests(this, inner);

    public async ValueTask DisposeAsync()
    {
        await SpareAsync();
        await RunAsync("down");
        _oneAtATime.Dispose();
    }

    // Right before a request, while it is made, or right after it, its answer lost: each in turn.
    private async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send)
    {
        if (!_isDue(Interlocked.Increment(ref _requests)))
        {
            return await send();
        }

        await _oneAtATime.WaitAsync(Token);
        try
        {
            await _comingBack;
            switch (Kills++ % 3)
            {
                case 0:
                    await KillAsync();
                    return await send();
                case 1:
                    var sending = send();
                    await KillAsync();
                    return await sending;
                default:
                    (await send()).Dispose();
                    await KillAsync();
                    throw new HttpRequestException(HttpRequestError.ResponseEnded, "The engine was killed before its answer was read.");
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<string> RunAsync(string action)
    {
        using var process = Process.Start(new ProcessStartInfo(_program, [action, _name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.SkipWhen(process.ExitCode == CannotBe, await error);
        Assert.True(process.ExitCode == 0, $"{_program} {action} {_name}: {await error}");
        return output.TrimEnd().Split('\n')[^1];
    }

    private sealed class Requests(EngineApart apart, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.Method == HttpMethod.Get ? base.SendAsync(request, cancellationToken)
                : apart.SendAsync(() => base.SendAsync(request, cancellationToken));
    }
}
