using System.Runtime.CompilerServices;
using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Scanning.Reports;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning.Programs;

/// <summary>Scans images by a scanner's executable, one call for each platform.</summary>
/// <param name="program">The scanner.</param>
/// <param name="settings">How it is called.</param>
/// <param name="resolver">Reads images down to their configurations.</param>
/// <param name="stores">Where images are found.</param>
/// <param name="router">Where an image lies.</param>
/// <param name="runner">Runs programs.</param>
internal sealed class ProgramScanner(IScannerProgram program, ProgramSettings settings, ImageResolver resolver, ImageStoreOptions stores,
    ImageStoreRouter router, ExternalProgram runner) : IImageScanner
{
    private const long MaxReport = 2L * 1024 * 1024 * 1024;
    private const int MaxVersion = 1024 * 1024;

    // What programs need of this one's environment: where they are and keep things, and how they come out. No secret of ours goes to them.
    private static readonly string[] Inherited =
    [
        "PATH", "PATHEXT", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TMPDIR", "TMP", "TEMP", "LANG", "LC_*", "XDG_*",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "DOCKER_*",
    ];

    private readonly BaseLayers _baseLayers = new(resolver);
    private readonly RegistryLogins _logins = new(stores);
    private readonly RegistryHosts _hosts = new(stores.InsecureRegistries, []);
    private Task<ScannerInfo>? _version;

    /// <inheritdoc/>
    public string Name => program.Name;

    private string Command => settings.Command.Length > 0 ? settings.Command : program.Command;

    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: the program could not be started, failed, took too long,
    /// or printed no report; <see cref="PatchErrorCode.NotSupported"/>: programs may not be started here, or it cannot read the image from
    /// where it lies; otherwise what stores say.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(notices);
        if (runner.IsForbidden)
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{Name} is a program, and {ExternalProgram.ForbiddenVariable} "
                + "forbids to start programs. Let it scan elsewhere and give its report, or take the embedded scanner.");
        }

        var image = await resolver.ResolveAsync(target.Image, cancellationToken).ConfigureAwait(false);
        foreach (var platform in ScanTargetPlatforms.Of(target, image))
        {
            var version = await (_version ??= ReadVersionAsync(target, cancellationToken)).ConfigureAwait(false);
            var result = await ScanAsync(target, platform, cancellationToken).ConfigureAwait(false);
            var baseLayers = await _baseLayers.CountAsync(target.Base, platform, target.Name, notices, cancellationToken).ConfigureAwait(false);
            yield return result with
            {
                Image = target.Name,
                Digest = image.Digest.ToString(),
                Base = target.Base,
                Platform = platform.Platform.ToString(),
                ManifestDigest = platform.ManifestDescriptor.Digest.ToString(),
                Scanner = new ScannerInfo
                {
                    Name = Name,
                    Version = result.Scanner.Version.Length > 0 ? result.Scanner.Version : version.Version,
                    DatabaseTime = result.Scanner.DatabaseTime ?? version.DatabaseTime,
                },
                Findings = [.. result.Findings.Select(f => Locate(f, platform, baseLayers)).Order(FindingOrder.Instance)],
                Workloads = target.Workloads,
                ScannedAt = stores.TimeProvider.GetUtcNow(),
            };
        }
    }

    private async Task<ImageScanResult> ScanAsync(ScanTarget target, PlatformImage platform, CancellationToken cancellationToken)
    {
        var place = router.PlaceOf(target.Image);
        if (place is { Transport: ImageTransport.DockerArchive, Name.Length: > 0 })
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{Name} takes the first image of an archive, and "
                + $"'{place.Path}' may hold others than {place.Name}. Save the image alone, and name the file alone, or take the embedded scanner.");
        }

        var source = new ScannedSource(place.Transport is ImageTransport.DockerArchive or ImageTransport.DockerDaemon ? place
            : place.AtDigest(platform.ManifestDescriptor.Digest), platform.Platform,
            place.Transport == ImageTransport.Registry ? _logins.Find(target.Image) : null,
            place.Transport == ImageTransport.Registry && _hosts.ApiOf(place.Registry).Scheme == Uri.UriSchemeHttp);
        var results = await RunAsync(target, program.Arguments(source, settings), program.Environment(source), settings.Timeout, MaxReport, output =>
        {
            using var cursor = new JsonCursor(output, $"the output of {Command}", cancellationToken);
            if (cursor.Type != JsonTokenType.StartObject)
            {
                throw cursor.Fault("it is no object");
            }

            var read = program.Reader.Read(cursor).ToArray();
            cursor.End();
            return read;
        }, cancellationToken).ConfigureAwait(false);
        return results is [var result] ? result
            : throw Failed(target, $"its report is of {results.Length} images, and not of one", null);
    }

    private async Task<ScannerInfo> ReadVersionAsync(ScanTarget target, CancellationToken cancellationToken)
    {
        var arguments = program.VersionArguments;
        return arguments.Count == 0 ? new ScannerInfo { Name = Name } : await RunAsync(target, arguments, new Dictionary<string, string>(),
            TimeSpan.FromMinutes(1), MaxVersion, output =>
            {
                using var version = JsonDocument.Parse(output);
                return program.ReadVersion(version.RootElement, settings);
            }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> RunAsync<T>(ScanTarget target, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment,
        TimeSpan timeout, long maxOutput, Func<Stream, T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(new ProgramCall
            {
                Command = Command,
                Arguments = arguments,
                Environment = environment,
                Inherited = [.. Inherited, program.Variables],
                Timeout = timeout,
                MaxOutputBytes = maxOutput,
            }, read, cancellationToken).ConfigureAwait(false);
        }
        catch (ProgramFaultException e)
        {
            throw Failed(target, e.Message, e);
        }
        catch (JsonException e)
        {
            throw Failed(target, $"what it printed is no JSON ({e.Message})", e);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidData)
        {
            throw Failed(target, $"what it printed is no report: {e.Message.TrimEnd('.')}", e);
        }
    }

    private PatchException Failed(ScanTarget target, string fault, Exception? cause) => new(PatchErrorCode.ScannerFailed, target.Name,
        $"{target.Name} was not scanned by {Name}: '{Command}' was called, and {fault}.", cause);

    // Programs name a layer by its DiffID, by the manifest's digest, or by both.
    private static Finding Locate(Finding finding, PlatformImage platform, int? baseLayers)
    {
        var layers = platform.Manifest.Layers;
        var number = Enumerable.Range(0, layers.Count).FirstOrDefault(i => layers[i].Digest.ToString() == finding.Layer
            || (i < platform.Config.DiffIds.Count && platform.Config.DiffIds[i].ToString() == finding.Layer), -1);
        return number < 0 ? finding : finding with
        {
            Layer = layers[number].Digest.ToString(),
            Origin = baseLayers is not { } count ? finding.Origin : number < count ? FindingOrigin.Base : FindingOrigin.Application,
        };
    }
}
