using System.Text;
using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Programs;

/// <summary>Scans images by a scanner's executable, one call for each platform.</summary>
/// <param name="program">The scanner.</param>
/// <param name="settings">How it is called.</param>
/// <param name="runner">Runs programs.</param>
internal sealed class ProgramScanner(IScannerProgram program, ProgramSettings settings, ExternalProgram runner) : IPlatformScanner
{
    private const long MaxReport = 2L * 1024 * 1024 * 1024;
    private const int MaxVersion = 1024 * 1024;
    private static readonly TimeSpan MaxVersionTime = TimeSpan.FromMinutes(1);

    // What programs need of this one's environment: where they are and keep things, and how they come out. No secret of ours goes to them.
    private static readonly string[] Inherited =
    [
        "PATH", "PATHEXT", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TMPDIR", "TMP", "TEMP", "LANG", "LC_*", "XDG_*",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "DOCKER_*",
    ];

    private Task<ScannerInfo>? _version;

    /// <inheritdoc/>
    public string Name => program.Name;

    private string Command => settings.Command.Length > 0 ? settings.Command : program.Command;

    /// <inheritdoc/>
    public void CheckUse(ScanTarget target)
    {
        if (runner.IsForbidden)
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{Name} is a program, and {ExternalProgram.ForbiddenVariable} "
                + "forbids to start programs. Let it scan elsewhere and give its report, or take the embedded scanner.");
        }
    }

    /// <inheritdoc/>
    public async Task<ImageScanResult> ScanAsync(ScanTarget target, PlatformImage platform, ScannedSource source, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        if (source.Image is { Transport: ImageTransport.DockerArchive, Name.Length: > 0 } archive)
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{target.Name} was not scanned by {Name}: it takes the first image of an archive, and "
                + $"'{archive.Path}' may hold others than {archive.Name}. Save the image alone, and name the file alone, or take the embedded scanner.");
        }

        var version = await (_version ??= ReadVersionAsync(target, cancellationToken)).ConfigureAwait(false);
        var result = await ScanAsync(target, source, cancellationToken).ConfigureAwait(false);
        CheckSame(target, platform, source, result);
        return result with
        {
            Scanner = version with
            {
                Version = result.Scanner.Version.Length > 0 ? result.Scanner.Version : version.Version,
                DatabaseTime = result.Scanner.DatabaseTime ?? version.DatabaseTime,
            },
        };
    }

    private async Task<ImageScanResult> ScanAsync(ScanTarget target, ScannedSource source, CancellationToken cancellationToken)
    {
        var call = new ProgramCall
        {
            Command = Command,
            Arguments = ArgumentsOf(target, source),
            Environment = program.Environment(source),
            Secrets = source.Login is { } login
                ? [login.Password, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.UserName}:{login.Password}"))] : [],
            Timeout = settings.Timeout,
            MaxOutputBytes = MaxReport,
        };
        var results = await RunAsync(target, Command, call, output =>
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
            : throw Failed(target, Command, $"its report is of {results.Length} images, and not of one", null);
    }

    private IReadOnlyList<string> ArgumentsOf(ScanTarget target, ScannedSource source)
    {
        try
        {
            return program.Arguments(source, settings);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotSupported)
        {
            throw new PatchException(e.Code, target.Name, $"{target.Name} was not scanned by {Name}: {e.Message}", e);
        }
    }

    // What a report tells of its image has to be what was asked for. In an archive or an engine, programs make manifests of their own.
    private void CheckSame(ScanTarget target, PlatformImage platform, ScannedSource source, ImageScanResult result)
    {
        var digest = ReportText.First(result.ManifestDigest, result.Digest);
        if (source.Image.Transport == ImageTransport.Registry && digest.Length > 0 && digest != platform.ManifestDescriptor.Digest.ToString())
        {
            throw Failed(target, Command, $"its report is of {digest}, and not of {platform.ManifestDescriptor.Digest}", null);
        }

        // Not all tell the variant.
        if (result.Platform.Split('/') is [var os, var architecture, ..] && (os, architecture) != (platform.Platform.Os, platform.Platform.Architecture))
        {
            throw Failed(target, Command, $"its report is of {result.Platform}, and not of {platform.Platform}", null);
        }
    }

    private async Task<ScannerInfo> ReadVersionAsync(ScanTarget target, CancellationToken cancellationToken)
    {
        var arguments = program.VersionArguments;
        if (arguments.Count == 0)
        {
            return new ScannerInfo { Name = Name };
        }

        var call = new ProgramCall
        {
            Command = Command,
            Arguments = arguments,
            Timeout = settings.Timeout < MaxVersionTime ? settings.Timeout : MaxVersionTime,
            MaxOutputBytes = MaxVersion,
        };
        return await RunAsync(target, $"{Command} {string.Join(' ', arguments)}", call, output =>
        {
            using var version = JsonDocument.Parse(output);
            return program.ReadVersion(version.RootElement, settings);
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> RunAsync<T>(ScanTarget target, string name, ProgramCall call, Func<Stream, T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(call with { Inherited = [.. Inherited, program.Variables] }, read, cancellationToken).ConfigureAwait(false);
        }
        catch (ProgramFaultException e)
        {
            throw Failed(target, name, e.Message, e);
        }
        catch (JsonException e)
        {
            throw Failed(target, name, $"what it printed is no JSON ({e.Message})", e);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidData)
        {
            throw Failed(target, name, $"what it printed is no report: {e.Message.TrimEnd('.')}", e);
        }
    }

    private PatchException Failed(ScanTarget target, string name, string fault, Exception? cause) => new(PatchErrorCode.ScannerFailed, target.Name,
        $"{target.Name} was not scanned by {Name}: '{name}' was called, and {fault}.", cause);
}
