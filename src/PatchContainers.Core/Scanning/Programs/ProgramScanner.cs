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
            throw new PatchException(PatchErrorCode.NotSupported, target.Name, $"{Name} takes the first image of an archive, and "
                + $"'{archive.Path}' may hold others than {archive.Name}. Save the image alone, and name the file alone, or take the embedded scanner.");
        }

        var version = await (_version ??= ReadVersionAsync(target, cancellationToken)).ConfigureAwait(false);
        var result = await ScanAsync(target, source, cancellationToken).ConfigureAwait(false);
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
}
