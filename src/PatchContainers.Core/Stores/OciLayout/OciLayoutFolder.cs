using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Stores.OciLayout;

/// <summary>The files of one layout: <c>oci-layout</c>, <c>index.json</c> and <c>blobs/</c> (OCI image specification 1.1,
/// image-layout.md).</summary>
internal sealed class OciLayoutFolder
{
    private const string LayoutFile = "oci-layout";
    private const string TemporaryPrefix = ".blob-";
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;

    public OciLayoutFolder(string path, TimeProvider time)
    {
        Path = System.IO.Path.GetFullPath(path);
        _time = time;
    }

    public string Path { get; }

    public string IndexPath => System.IO.Path.Combine(Path, "index.json");

    public string BlobPath(Digest digest) => System.IO.Path.Combine(Path, "blobs", digest.Algorithm, digest.Hex);

    /// <summary>Whether a folder says that it is a layout.</summary>
    public static bool IsLayout(string folder) => File.Exists(System.IO.Path.Combine(folder, LayoutFile));

    /// <summary>Reads <c>index.json</c>, after <c>oci-layout</c> has said that this is a layout of a known version.</summary>
    public OciLayoutIndex ReadIndex(string where)
    {
        CheckVersion(where);
        return OciLayoutIndex.Parse(ReadSmallFile(IndexPath, where), IndexPath);
    }

    /// <summary>Reads a manifest, an index or a config; checked against nothing.</summary>
    public byte[]? TryReadDocument(Digest digest, string where)
    {
        var path = BlobPath(digest);
        return File.Exists(path) ? ReadSmallFile(path, where) : null;
    }

    /// <summary>
    /// Opens a temporary file for a blob. It lies beside <c>blobs/</c>, where only finished blobs are, and is held open exclusively as
    /// long as its writer lives.
    /// </summary>
    public FileStream CreateTemporary()
    {
        Directory.CreateDirectory(Path);
        return new FileStream(System.IO.Path.Combine(Path, $"{TemporaryPrefix}{Guid.NewGuid():N}{DurableFile.TemporarySuffix}"),
            FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
    }

    /// <summary>Makes a finished temporary file the blob.</summary>
    public void Commit(string temporary, Digest digest)
    {
        CreateBlobFolder(digest);
        DurableFile.Replace(temporary, BlobPath(digest));
    }

    public void CreateBlobFolder(Digest digest) => Directory.CreateDirectory(System.IO.Path.GetDirectoryName(BlobPath(digest))!);

    /// <summary>
    /// Changes <c>index.json</c> while no other process does. The lock is on <c>oci-layout</c>, which is never replaced, so nothing extra
    /// lies in the layout.
    /// </summary>
    public async Task UpdateIndexAsync(Func<OciLayoutIndex, bool> change, string where, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path);
        var held = await FileLock.AcquireAsync(System.IO.Path.Combine(Path, LayoutFile), _time, FileLock.DefaultTimeout,
            cancellationToken).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            if (held.Length == 0)
            {
                held.Write("{\"imageLayoutVersion\":\"1.0.0\"}"u8);
                held.Flush(flushToDisk: true);
                DurableFile.SyncDirectory(Path);
            }
            else
            {
                CheckVersion(held, where);
            }

            var index = File.Exists(IndexPath) ? OciLayoutIndex.Parse(ReadSmallFile(IndexPath, where), IndexPath) : OciLayoutIndex.Empty();
            if (change(index) || !File.Exists(IndexPath))
            {
                await DurableFile.WriteAsync(IndexPath, index.ToBytes(), cancellationToken).ConfigureAwait(false);
            }

            DeleteAbandoned();
        }
    }

    private void CheckVersion(string where)
    {
        var path = System.IO.Path.Combine(Path, LayoutFile);
        if (!File.Exists(path))
        {
            throw new PatchException(PatchErrorCode.NotFound, where, Directory.Exists(Path)
                ? $"{where}: the folder {Path} is no OCI layout; it has no file 'oci-layout'."
                : $"{where}: there is no OCI layout at {Path}.");
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            CheckVersion(file, where);
        }
        catch (IOException e) when (FileLock.IsHeld(e))
        {
            // A writer holds it, and has checked it.
        }
    }

    private static void CheckVersion(FileStream file, string where)
    {
        file.Position = 0;
        var bytes = new byte[(int)Math.Min(file.Length, 4096)];
        file.ReadExactly(bytes);
        string? version;
        try
        {
            using var document = StrictJson.Parse(bytes);
            version = document.RootElement.ValueKind == JsonValueKind.Object
                ? ImageDocument.OptionalString(document.RootElement, "imageLayoutVersion") : null;
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, where, $"{where}: {file.Name} is not valid JSON: {e.Message}", e);
        }

        if (version is null || !version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new PatchException(PatchErrorCode.NotSupported, where,
                $"{where}: {file.Name} says layout version '{version}'; version 1 is what this program reads.");
        }
    }

    private static byte[] ReadSmallFile(string path, string where)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        if (file.Length > ImageDocument.MaxBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, where,
                $"{where}: {path} has {file.Length:N0} bytes; more than {ImageDocument.MaxBytes:N0} is no manifest, index or config of an "
                    + "image.");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    // What a killed writer left: old, and held open by nobody.
    private void DeleteAbandoned()
    {
        foreach (var file in Directory.EnumerateFiles(Path, $"{TemporaryPrefix}*{DurableFile.TemporarySuffix}"))
        {
            if (_time.GetUtcNow() - File.GetLastWriteTimeUtc(file) < AbandonedAfter)
            {
                continue;
            }

            try
            {
                new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                File.Delete(file);
            }
            catch (IOException)
            {
                // Somebody is still writing it, or has deleted it.
            }
        }
    }
}
