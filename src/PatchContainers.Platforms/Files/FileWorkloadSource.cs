using System.Globalization;
using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>The workloads in one file, or in all manifests and Compose files below a folder.</summary>
internal sealed class FileWorkloadSource : IWorkloadSource
{
    private readonly string _path;
    private readonly bool _isFolder;
    private readonly YamlLimits _limits;

    /// <summary>Names the file or folder.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: it is not there.</exception>
    public FileWorkloadSource(string path, YamlLimits limits)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, path ?? string.Empty,
                "The path is empty. Name a manifest, a Compose file, or a folder with some.");
        }

        _path = Path.GetFullPath(path);
        _isFolder = Directory.Exists(_path);
        _limits = limits;
        if (!_isFolder && !File.Exists(_path))
        {
            throw new PatchException(PatchErrorCode.NotFound, path,
                $"'{_path}' is not there. Name a manifest, a Compose file, or a folder with some.");
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var count = 0;
        foreach (var file in _isFolder ? new FileWalker(_path, notices).Files() : [_path])
        {
            cancellationToken.ThrowIfCancellationRequested();
            notices.Report(new PatchNotice.Progress("Reading manifests and Compose files", file, null));

            // Reading is synchronous underneath; it must not hold up the thread that drains the pipeline.
            foreach (var workload in await Task.Run(() => Read(file, notices, cancellationToken), cancellationToken).ConfigureAwait(false))
            {
                count++;
                yield return workload;
            }
        }

        if (count == 0)
        {
            notices.Report(new PatchNotice.Warning($"No workload was found in '{_path}'."));
        }
    }

    private List<Workload> Read(string path, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var workloads = new List<Workload>();
        byte[] bytes = [];
        try
        {
            bytes = FileBytes.Read(path, _limits.MaxBytes);
            var file = WorkloadFile.Read(path, bytes, _limits, cancellationToken);
            foreach (var notice in file.Notices)
            {
                notices.Report(notice);
            }

            foreach (var binding in file.Bindings)
            {
                if (binding.Fault.Length == 0)
                {
                    workloads.Add(binding.Workload);
                }
                else
                {
                    var message = string.Create(CultureInfo.InvariantCulture,
                        $"'{path}' line {binding.Line}: {binding.Workload.Kind}/{binding.Workload.Name} is not listed: {binding.Fault}.");
                    notices.Report(new PatchNotice.Failure(new PatchException(PatchErrorCode.NotSupported, binding.Workload.Id, message)));
                }
            }
        }
        catch (PatchException e)
        {
            notices.Report(_isFolder && IsOtherJson(path, bytes, e)
                ? new PatchNotice.Verbose($"{e.Message} It speaks of no image, and was passed over.")
                : new PatchNotice.Failure(e));
        }

        return workloads;
    }

    // A repository is full of JSON that is no manifest (settings with comments, data): broken, it is no failure of ours unless it could
    // have named an image.
    private static bool IsOtherJson(string path, ReadOnlySpan<byte> bytes, PatchException fault) => fault.Code is PatchErrorCode.InvalidData
        && Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase)
        && bytes.Length > 0 && bytes.IndexOf("\"image\""u8) < 0;
}
