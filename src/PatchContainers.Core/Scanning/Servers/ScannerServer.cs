using System.Globalization;
using System.Net;
using System.Text;
using PatchContainers.Endpoints;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Servers;

/// <summary>
/// A server that scans. What does not answer, or says that it is busy or away (429, 502, 503, 504), is asked again a few times, as soon as it says
/// (<c>Retry-After</c>, RFC 9110, section 10.2.3), else after 0.5 s and then twice as long each time.
/// </summary>
/// <param name="name">The scanner's name.</param>
/// <param name="url">The server's address, with the path that stands before the API's.</param>
/// <param name="client">Asks it; disposed with this.</param>
/// <param name="clock">The time.</param>
/// <param name="deed">What it does to what it is asked about.</param>
internal sealed class ScannerServer(string name, Uri url, EndpointClient client, TimeProvider clock, string deed = "scanned") : IDisposable
{
    private const int MaxAttempts = 5;
    private const int MaxAnswer = 8 * 1024 * 1024;
    private const long MaxReport = 2L * 1024 * 1024 * 1024;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(15);

    /// <summary>Asks, and reads the answer, whatever its status.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unreachable"/>: no answer after all attempts;
    /// <see cref="PatchErrorCode.ProtocolError"/>: an answer that cannot be read; <see cref="PatchErrorCode.ScannerFailed"/>: one of more than
    /// 8 MB.</exception>
    public Task<EndpointAnswer> SendAsync(ServerCall call, CancellationToken cancellationToken) => AgainAsync(
        call,
        async () =>
        {
            var answer = await client.SendAsync(CallOf(call), MaxAnswer, cancellationToken).ConfigureAwait(false);
            return answer.IsCut ? throw Failed(call.Subject, $"the answer to {call.Method} {AddressOf(call)} has more than 8 MB")
                : (answer, answer);
        },
        cancellationToken);

    /// <summary>Asks for JSON that may be large, and reads it as it comes.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="read">Reads the content of a 200 or 201.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was read of a 200 or 201, or the answer that was neither.</returns>
    /// <exception cref="PatchException">As of <see cref="SendAsync"/>; <see cref="PatchErrorCode.ScannerFailed"/>: the content is not what
    /// <paramref name="read"/> reads.</exception>
    public Task<(T? Content, EndpointAnswer? Other)> ReadAsync<T>(
        ServerCall call, Func<JsonCursor, T> read, CancellationToken cancellationToken)
        where T : class => AgainAsync(
        call,
        async () =>
        {
            try
            {
                var result = await client.ReadAsync(CallOf(call), MaxReport, body => Read(body, call, read, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
                return (result, result.Other);
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.InvalidData or PatchErrorCode.LimitExceeded)
            {
                throw Failed(call.Subject, e.Message.TrimEnd('.'), e);
            }
        },
        cancellationToken);

    /// <summary>Asks again and again until there is what is waited for: after 1 s at first, and every 15 s at last.</summary>
    /// <param name="subject">The image.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="ask">Asks: what was waited for, or null and the state so far.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: it took too long; otherwise what
    /// <paramref name="ask"/> says.</exception>
    public async Task<T> PollAsync<T>(
        string subject, TimeSpan timeout, Func<CancellationToken, Task<(T? Done, string State)>> ask, CancellationToken cancellationToken)
        where T : class
    {
        var (begin, delay) = (clock.GetTimestamp(), FirstPoll);
        while (true)
        {
            var (done, state) = await ask(cancellationToken).ConfigureAwait(false);
            if (done is not null)
            {
                return done;
            }

            if (clock.GetElapsedTime(begin) + delay > timeout)
            {
                throw Failed(subject, $"it was not done within {DurationText.Format(timeout)}: {state}");
            }

            await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 3 / 2, MaxPoll.Ticks));
        }
    }

    /// <summary>The error for an answer that is not what was asked for.</summary>
    public PatchException Refused(ServerCall call, EndpointAnswer answer)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"{(int)answer.Status}");
        return answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? Unauthorized(call.Subject, $"{AddressOf(call)} answered {status}: the login of the settings ('scanners') is "
                + (answer.Status == HttpStatusCode.Forbidden ? "not allowed to do this" : "missing or wrong"))
            : Failed(call.Subject, $"{call.Method} {AddressOf(call)} was answered {status}{Said(answer)}");
    }

    /// <summary>The error for an image that was not scanned.</summary>
    /// <param name="subject">The image.</param>
    /// <param name="fault">What happened, without the full stop.</param>
    /// <param name="cause">The cause.</param>
    public PatchException Failed(string subject, string fault, Exception? cause = null) =>
        new(PatchErrorCode.ScannerFailed, subject, Sentence(subject, fault), cause);

    /// <summary>The error for a server that lets nobody in.</summary>
    /// <param name="subject">The image.</param>
    /// <param name="fault">What happened, without the full stop.</param>
    public PatchException Unauthorized(string subject, string fault) => new(PatchErrorCode.Unauthorized, subject, Sentence(subject, fault));

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private string Sentence(string subject, string fault) => $"{subject} was not {deed} by {name}: {fault}.";

    private static string Said(EndpointAnswer answer)
    {
        var text = new string(Array.ConvertAll(Encoding.UTF8.GetString(answer.Body).ToCharArray(), c => char.IsControl(c) ? ' ' : c));
        return ExternalProgram.OneLine(text) is { Length: > 0 } said ? $": {said.TrimEnd('.')}" : string.Empty;
    }

    private static TimeSpan? RetryAfter(EndpointAnswer answer, TimeProvider clock) =>
        answer.Headers.RetryAfter is not { } after ? null : after.Delta ?? after.Date - clock.GetUtcNow();

    private static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private async Task<T> AgainAsync<T>(ServerCall call, Func<Task<(T Result, EndpointAnswer? Answer)>> ask, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        for (var attempt = 1; ; attempt++, delay *= 2)
        {
            var wait = delay;
            try
            {
                var (result, answer) = await ask().ConfigureAwait(false);
                wait = answer is null ? delay : RetryAfter(answer, clock) ?? delay;
                if (answer is null || !IsTransient(answer.Status) || attempt == MaxAttempts || wait > MaxDelay)
                {
                    return result;
                }
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.Unreachable)
            {
                if (attempt == MaxAttempts)
                {
                    throw new PatchException(e.Code, call.Subject, Sentence(call.Subject, e.Message.TrimEnd('.')), e);
                }
            }

            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private T Read<T>(Stream body, ServerCall call, Func<JsonCursor, T> read, CancellationToken cancellationToken)
    {
        using var cursor = new JsonCursor(body, $"the answer to {call.Method} {AddressOf(call)}", cancellationToken);
        var content = read(cursor);
        cursor.End();
        return content;
    }

    private EndpointCall CallOf(ServerCall call) => new(call.Method, new Uri(url.AbsoluteUri.TrimEnd('/') + call.Path))
    {
        Body = call.Json,
        Headers = call.Headers(),
        FollowsRedirects = call.Method == HttpMethod.Get,
    };

    private string AddressOf(ServerCall call) => EndpointClient.Show(new Uri(url.AbsoluteUri.TrimEnd('/') + call.Path));
}
