using System.Net;
using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning.Clair;

/// <summary>
/// Clair v4: its indexer is told the layers of an image, which it fetches from the registry itself, and its matcher is asked for the
/// report.
/// </summary>
/// <param name="settings">Where it is.</param>
/// <param name="registries">Knows where layers are, and what Clair needs to fetch them.</param>
/// <param name="environment">Reads a variable of the environment.</param>
/// <param name="clock">The time.</param>
internal sealed class ClairScanner(ClairSettings settings, RegistryStore registries, Func<string, string?> environment, TimeProvider clock)
    : IPlatformScanner, IDisposable
{
    /// <summary>The scanner's name.</summary>
    public const string ScannerName = "Clair";

    private const string IndexReports = "/indexer/api/v1/index_report";
    private const string VulnerabilityReports = "/matcher/api/v1/vulnerability_report";
    private const string UpdateOperations = "/matcher/api/v1/internal/update_operation?latest=true";

    private readonly ClairReportReader _reader = new();
    private ClairServers? _servers;
    private DateTimeOffset? _databaseTime;
    private bool _isDatabaseAsked;
    private bool _hasData = true;

    /// <inheritdoc/>
    public string Name => ScannerName;

    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: Clair failed, took too long, or gave no report;
    /// <see cref="PatchErrorCode.Unauthorized"/>: Clair or the registry let nobody in; <see cref="PatchErrorCode.Unreachable"/>: one does
    /// not answer; <see cref="PatchErrorCode.NotSupported"/>: Clair cannot fetch the layers from where they lie.</exception>
    public async Task<ImageScanResult> ScanAsync(ScanTarget target, PlatformImage platform, ScannedSource source,
        IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        CheckPlace(target, platform, source);
        var servers = _servers ??= await ClairServers.OpenAsync(settings, environment, clock, cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await IndexAsync(servers, target, platform, source, either.Token).ConfigureAwait(false);
            var result = await ReadReportAsync(servers, target, platform, either.Token).ConfigureAwait(false);
            var databaseTime = await ReadDatabaseTimeAsync(servers, target, notices, either.Token).ConfigureAwait(false);
            return _hasData || result.Findings.Count > 0 ? result with { Scanner = new ScannerInfo { Name = Name, DatabaseTime = databaseTime } }
                : throw servers.Matcher.Failed(target.Name, "none of its updaters has brought anything yet, and without what they bring it finds "
                    + "nothing in any image. Wait until they have, or see why they have not");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw servers.Indexer.Failed(target.Name, $"it was not done within {DurationText.Format(settings.Timeout)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _servers?.Dispose();

    private static void CheckPlace(ScanTarget target, PlatformImage platform, ScannedSource source)
    {
        var place = source.Image;
        if (place.Transport != ImageTransport.Registry)
        {
            var where = target.Image.Transport == ImageTransport.Registry
                ? $"the folder {place.Path} stands for the registry of this image" : $"this image lies in none ({place})";
            throw NotSupported(target, $"it fetches layers from a registry itself, and {where}. Push the image to a registry that Clair "
                + "can reach, or scan it with Trivy or the embedded scanner.");
        }

        if (platform.Manifest.Layers.Count == 0)
        {
            throw NotSupported(target, "it has no layers, and Clair takes no manifest without them.");
        }
    }

    private static PatchException NotSupported(ScanTarget target, string why) =>
        new(PatchErrorCode.NotSupported, target.Name, $"{target.Name} was not scanned by {ScannerName}: {why}");

    // It is posted each time: Clair looks whether it has indexed it as it would today, and does nothing then. Whether an index report that
    // is there is of today's indexer, the report does not say.
    private async Task IndexAsync(
        ClairServers servers, ScanTarget target, PlatformImage platform, ScannedSource source, CancellationToken cancellationToken)
    {
        var digest = platform.ManifestDescriptor.Digest.ToString();
        var authorization = await registries.DelegatePullAsync(source.Image, cancellationToken).ConfigureAwait(false);
        if (authorization is not null && source.Login is not null && !ClairSettings.IsPrivate(settings.Indexer))
        {
            throw NotSupported(target, $"to fetch its layers from {source.Image.Registry}, Clair has to be given what the login there "
                + $"gives, and {settings.Indexer.GetLeftPart(UriPartial.Authority)} has no TLS. Use https for Clair's indexer.");
        }

        var post = servers.Call(target.Name, HttpMethod.Post, IndexReports) with
        {
            Json = ClairManifest.Write(platform, source.Image, registries, authorization),
        };
        var get = servers.Call(target.Name, HttpMethod.Get, $"{IndexReports}/{digest}");
        var call = post;
        await servers.Indexer.PollAsync(target.Name, settings.Timeout, async token =>
        {
            var (state, other) = await servers.Indexer.ReadAsync(call, ClairIndexState.Read, token).ConfigureAwait(false);
            if (other is not null)
            {
                var advice = (int)other.Status is 400 or 500 ? Reach(source) : string.Empty;
                throw servers.Refused(servers.Indexer, call, other, registries.Redact, advice);
            }

            if (state!.Manifest != digest)
            {
                throw servers.Indexer.Failed(target.Name, $"its index report is of {state.Manifest}, and not of {digest}");
            }

            if (state.IsFailed)
            {
                throw servers.Indexer.Failed(target.Name,
                    $"it could not index the image ({state.State}): {registries.Redact(state.Error).TrimEnd('.')}{Reach(source)}");
            }

            call = get;
            return (state.IsDone ? state : null, $"its indexer is at {state.State}");
        }, cancellationToken).ConfigureAwait(false);
    }

    private static string Reach(ScannedSource source) => $". It fetches layers itself, so it has to reach {source.Image.Registry}";

    private async Task<ImageScanResult> ReadReportAsync(
        ClairServers servers, ScanTarget target, PlatformImage platform, CancellationToken cancellationToken)
    {
        var digest = platform.ManifestDescriptor.Digest.ToString();
        var call = servers.Call(target.Name, HttpMethod.Get, $"{VulnerabilityReports}/{digest}");
        var result = await servers.Matcher.PollAsync(target.Name, settings.Timeout, async token =>
        {
            var (report, other) = await servers.Matcher.ReadAsync(call, cursor => _reader.Read(cursor).Single(), token)
                .ConfigureAwait(false);
            return other is null || other.Status == HttpStatusCode.Accepted
                ? (report, "its matcher is still loading what it knows of vulnerabilities")
                : throw servers.Refused(servers.Matcher, call, other, registries.Redact);
        }, cancellationToken).ConfigureAwait(false);
        return result.ManifestDigest == digest ? result
            : throw servers.Matcher.Failed(target.Name, $"its report is of {result.ManifestDigest}, and not of {digest}");
    }

    // The newest of what its updaters brought. Where it is not told, which the operator may have chosen, it is not known.
    private async Task<DateTimeOffset?> ReadDatabaseTimeAsync(
        ClairServers servers, ScanTarget target, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        if (_isDatabaseAsked)
        {
            return _databaseTime;
        }

        try
        {
            var answer = await servers.Matcher.SendAsync(servers.Call(target.Name, HttpMethod.Get, UpdateOperations), cancellationToken)
                .ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.OK)
            {
                using var updaters = StrictJson.Parse(answer.Body);
                var times = updaters.RootElement.EnumerateObject().SelectMany(u => u.Value.EnumerateArray()).Select(o => o.Time("date")).ToArray();
                _databaseTime = times.Max();
                _hasData = times.Length > 0;
            }
            else if (answer.Status is not (HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed))
            {
                Warn($"{UpdateOperations} was answered {(int)answer.Status}");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            Warn($"{UpdateOperations} was answered with what cannot be read ({e.Message.TrimEnd('.')})");
        }
        catch (PatchException e)
        {
            Warn((e.InnerException ?? e).Message.TrimEnd('.'));
        }

        _isDatabaseAsked = true;
        return _databaseTime;

        void Warn(string fault) => notices.Report(new PatchNotice.Warning($"How old Clair's data is, is not known: {fault}."));
    }
}
