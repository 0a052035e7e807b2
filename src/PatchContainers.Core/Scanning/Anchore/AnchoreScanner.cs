using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Endpoints;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;
using PatchContainers.Scanning.Servers;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Anchore;

/// <summary>
/// Anchore Engine and Anchore Enterprise: an image that Anchore does not know is submitted by its digest, and pulled and analysed there;
/// then its vulnerabilities are read, and what the policy says of it.
/// </summary>
/// <param name="settings">Where it is.</param>
/// <param name="environment">Reads a variable of the environment.</param>
/// <param name="clock">The time.</param>
internal sealed class AnchoreScanner(AnchoreSettings settings, Func<string, string?> environment, TimeProvider clock)
    : IPlatformScanner, IDisposable
{
    /// <summary>The scanner's name.</summary>
    public const string ScannerName = "Anchore";

    private readonly AnchoreReportReader _vulnerabilities = new();
    private readonly AnchorePolicyReader _policies = new();
    private AnchoreServer? _anchore;
    private ScannerInfo? _scanner;

    /// <inheritdoc/>
    public string Name => ScannerName;

    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: Anchore failed, took too long, or has no vulnerability
    /// data; <see cref="PatchErrorCode.Unauthorized"/>: it lets nobody in, or not there; <see cref="PatchErrorCode.Unreachable"/>: it does
    /// not answer; <see cref="PatchErrorCode.NotSupported"/>: it cannot pull the image from where it lies, or under no tag.</exception>
    public async Task<ImageScanResult> ScanAsync(ScanTarget target, PlatformImage platform, ScannedSource source,
        IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        CheckPlace(target, source);
        using var timeout = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var anchore = _anchore ??= await AnchoreServer.OpenAsync(settings, environment, clock, target.Name, either.Token)
                .ConfigureAwait(false);
            _scanner ??= await ReadScannerAsync(anchore, target, notices, either.Token).ConfigureAwait(false);
            var image = await AnalyzeAsync(anchore, target, platform, source, either.Token).ConfigureAwait(false);
            var result = await ReadVulnerabilitiesAsync(anchore, target, platform, either.Token).ConfigureAwait(false);
            return result with
            {
                Os = image.Os,
                Scanner = _scanner,
                Policy = await ReadPolicyAsync(anchore, target, platform, image, notices, either.Token).ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PatchException(PatchErrorCode.ScannerFailed, target.Name,
                $"{target.Name} was not scanned by {Name}: it was not done within {DurationText.Format(settings.Timeout)}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _anchore?.Dispose();

    private static void CheckPlace(ScanTarget target, ScannedSource source)
    {
        if (source.Image.Transport != ImageTransport.Registry)
        {
            var where = target.Image.Transport == ImageTransport.Registry
                ? $"the folder {source.Image.Path} stands for the registry of this image" : $"this image lies in none ({source.Image})";
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{target.Name} was not scanned by {ScannerName}: it pulls "
                + $"images from a registry itself, and {where}. Push the image to a registry that Anchore can reach, or scan it with Trivy or "
                + "the embedded scanner.");
        }
    }

    private async Task<ScannerInfo> ReadScannerAsync(
        AnchoreServer anchore, ScanTarget target, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var call = anchore.Call(target.Name, HttpMethod.Get, "/system/feeds");
        var (feeds, other) = await anchore.Server.ReadAsync(call, AnchoreFeeds.Read, cancellationToken).ConfigureAwait(false);
        if (other?.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            notices.Report(new PatchNotice.Verbose($"{Name} does not tell {settings.Who} how old its vulnerability data is: "
                + $"{AnchoreServer.MessageOf(other)}."));
        }
        else if (other is not null)
        {
            throw anchore.Refused(call, other);
        }
        else if (!feeds!.HasData)
        {
            throw anchore.Server.Failed(target.Name, "none of its feeds was ever synchronised, and without them it finds nothing in any "
                + "image. Wait until they are ('anchorectl feed list'), or see why they are not");
        }

        return new ScannerInfo { Name = Name, Version = anchore.Version, DatabaseTime = feeds?.Time };
    }

    private async Task<AnchoreImage> AnalyzeAsync(
        AnchoreServer anchore, ScanTarget target, PlatformImage platform, ScannedSource source, CancellationToken cancellationToken)
    {
        var image = await ReadImageAsync(anchore, target, platform, cancellationToken).ConfigureAwait(false);
        if (image is null || image.IsFailed || !image.IsActive)
        {
            image = await SubmitAsync(anchore, target, platform, source, cancellationToken).ConfigureAwait(false);
        }

        return await anchore.Server.PollAsync(target.Name, settings.Timeout, async token =>
        {
            var now = image ?? await ReadImageAsync(anchore, target, platform, token).ConfigureAwait(false)
                ?? throw anchore.Server.Failed(target.Name, "it does not know the image any more: somebody deleted it meanwhile");
            image = null;
            return now.IsFailed ? throw anchore.Server.Failed(target.Name, "it could not analyse the image (analysis_failed). Its events "
                    + "say why ('anchorectl event list'); the next scan submits it again")
                : (now.IsAnalyzed ? now : null, $"its analysis is '{now.AnalysisStatus}', and the image '{now.ImageStatus}'");
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<AnchoreImage?> ReadImageAsync(
        AnchoreServer anchore, ScanTarget target, PlatformImage platform, CancellationToken cancellationToken)
    {
        var call = anchore.Call(target.Name, HttpMethod.Get, PathOf(platform));
        var (image, other) = await anchore.Server.ReadAsync(call, AnchoreImage.Read, cancellationToken).ConfigureAwait(false);
        return other is null ? Same(anchore, target, platform, image!, image!.Digest)
            : other.Status == HttpStatusCode.NotFound ? null : throw anchore.Refused(call, other);
    }

    // Without "force": what is there already is not analysed again, but for what failed before.
    private static async Task<AnchoreImage> SubmitAsync(
        AnchoreServer anchore, ScanTarget target, PlatformImage platform, ScannedSource source, CancellationToken cancellationToken)
    {
        var path = anchore.IsV2 ? "/images?auto_subscribe=false" : "/images?autosubscribe=false";
        var call = anchore.Call(target.Name, HttpMethod.Post, path) with { Json = RequestOf(anchore, target, platform, source) };
        var (image, other) = await anchore.Server.ReadAsync(call, AnchoreImage.Read, cancellationToken).ConfigureAwait(false);
        if (other is null)
        {
            return Same(anchore, target, platform, image!, image!.Digest);
        }

        // Whoever submits the same image at the same time is as good as we are.
        var there = other.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? null
            : await ReadImageAsync(anchore, target, platform, cancellationToken).ConfigureAwait(false);
        return there is { IsFailed: false, IsActive: true } ? there
            : throw anchore.Refused(call, other, said => !said.Contains("registry", StringComparison.OrdinalIgnoreCase) ? string.Empty
                : $". Anchore pulls images itself: it has to reach {source.Image.Registry}, with a login of its own for it "
                    + "('anchorectl registry add')");
    }

    private static byte[] RequestOf(AnchoreServer anchore, ScanTarget target, PlatformImage platform, ScannedSource source)
    {
        var digest = new JsonObject
        {
            [anchore.IsV2 ? "pull_string" : "pullstring"] = $"{source.Image.RepositoryKey}@{platform.ManifestDescriptor.Digest}",
            ["tag"] = $"{source.Image.RepositoryKey}:{target.Image.Tag ?? throw Untagged(target)}",
        };

        // What is named by its digest may be what the tag once was. Anchore takes the last that it was told for the tag's newest.
        if (!target.Image.Digest.IsEmpty && platform.Config.Created is { Year: > 1980 } created)
        {
            digest["creation_timestamp_override"] = created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["source"] = new JsonObject { ["digest"] = digest } });
    }

    private static PatchException Untagged(ScanTarget target) => new(PatchErrorCode.NotSupported, target.Name, $"{target.Name} was not "
        + $"scanned by {ScannerName}: it does not know this image, and takes none without a tag. Name one beside the digest: "
        + $"{target.Image.WithTag("TAG").WithDigest(target.Image.Digest)}.");

    // All of them: by default Anchore leaves out what the distribution will not fix.
    private async Task<ImageScanResult> ReadVulnerabilitiesAsync(
        AnchoreServer anchore, ScanTarget target, PlatformImage platform, CancellationToken cancellationToken)
    {
        var path = $"{PathOf(platform)}/vuln/all?vendor_only=false";
        var call = anchore.Call(target.Name, HttpMethod.Get, path);
        var based = call with { Path = call.Path + "&base_digest=auto" };
        var (result, other) = await ReadAsync(anchore.IsV2 ? based : call).ConfigureAwait(false);

        // Older ones find no base by themselves.
        if (anchore.IsV2 && other?.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound)
        {
            (result, other) = await ReadAsync(call).ConfigureAwait(false);
        }

        return other is null ? Same(anchore, target, platform, result!, result!.ManifestDigest) : throw anchore.Refused(call, other);

        Task<(ImageScanResult? Content, EndpointAnswer? Other)> ReadAsync(ServerCall ask) =>
            anchore.Server.ReadAsync(ask, cursor => _vulnerabilities.Read(cursor).Single(), cancellationToken);
    }

    private async Task<ScannerPolicy?> ReadPolicyAsync(AnchoreServer anchore, ScanTarget target, PlatformImage platform, AnchoreImage image,
        IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        if (image.TagFor(target.Image) is not { Length: > 0 } tag)
        {
            notices.Report(new PatchNotice.Warning($"{target.Name}: {Name} gives no policy's verdict, as it knows no tag of the image."));
            return null;
        }

        var isNamed = settings.Policy.Length > 0;
        var policy = isNamed ? $"&{(anchore.IsV2 ? "policy_id" : "policyId")}={Uri.EscapeDataString(settings.Policy)}" : string.Empty;
        var path = $"{PathOf(platform)}/check?tag={Uri.EscapeDataString(tag)}&detail=true{policy}";
        var call = anchore.Call(target.Name, HttpMethod.Get, path);
        var (result, other) = await anchore.Server.ReadAsync(call, cursor => _policies.Read(cursor).ToArray() is [var one] ? one
            : throw cursor.Fault("it is not the one evaluation of the image's tag"), cancellationToken).ConfigureAwait(false);
        if (other is null)
        {
            return Same(anchore, target, platform, result!, result!.ManifestDigest).Policy;
        }

        if (other.Status != HttpStatusCode.NotFound || isNamed)
        {
            throw anchore.Refused(call, other, _ => isNamed ? $". The settings ('scanners') name the policy '{settings.Policy}'" : "");
        }

        notices.Report(new PatchNotice.Warning($"{target.Name}: {Name} gives no policy's verdict on {tag}, and the findings are without it: "
            + $"{AnchoreServer.MessageOf(other)}."));
        return null;
    }

    private static T Same<T>(AnchoreServer anchore, ScanTarget target, PlatformImage platform, T answer, string digest) =>
        digest == platform.ManifestDescriptor.Digest.ToString() ? answer : throw anchore.Server.Failed(target.Name,
            $"what it answered is of {(digest.Length > 0 ? digest : "no digest")}, and not of {platform.ManifestDescriptor.Digest}");

    private static string PathOf(PlatformImage platform) => $"/images/{platform.ManifestDescriptor.Digest}";
}
