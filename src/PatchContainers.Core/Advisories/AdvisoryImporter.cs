using PatchContainers.Advisories.Osv;

namespace PatchContainers.Advisories;

/// <summary>
/// Imports advisories in the OSV format into the compiled databases. Records are streamed through a temporary file, so that memory
/// depends on the largest ecosystem and not on the source. Each database is replaced in one step; a process killed in between leaves old
/// ones and new ones, and the next import finishes the work.
/// </summary>
public sealed class AdvisoryImporter
{
    private readonly PatchState _state;

    /// <summary>Imports into the state's folder.</summary>
    public AdvisoryImporter(PatchState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
    }

    /// <summary>Imports a JSON file, a folder, or a zip file.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">How to import.</param>
    /// <param name="notices">What is told on the way: progress, and each record that was rejected.</param>
    /// <param name="cancellationToken">Cancels the import; no database that was not finished changes.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: no such path; <see cref="PatchErrorCode.InvalidData"/>:
    /// nothing in it could be read, or it was cut off and was to replace what is there; <see cref="PatchErrorCode.LimitExceeded"/>; <see cref="PatchErrorCode.Conflict"/>: another import is
    /// under way; <see cref="PatchErrorCode.FileError"/>.</exception>
    public async Task<AdvisoryImportResult> ImportAsync(
        string path, AdvisoryImportOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(notices);
        return await Task.Run(() => Import(path, options, notices, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private AdvisoryImportResult Import(
        string path, AdvisoryImportOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(_state.Advisories);
            using var guard = Lock();
            foreach (var left in Directory.GetFiles(_state.Advisories, "*" + DurableFile.TemporarySuffix))
            {
                // Under the lock nobody else has one: an import was killed.
                File.Delete(left);
            }

            var temporary = Path.Combine(_state.Advisories, $".import{DurableFile.TemporarySuffix}");
            using var spill = new AdvisorySpill(temporary, options.Limits.MaxEcosystems);
            var reader = new OsvReader(options.Limits, notices);
            foreach (var record in reader.Read(path, cancellationToken))
            {
                spill.Add(record);
            }

            if (options.Replace && reader.IsCutOff)
            {
                throw new PatchException(PatchErrorCode.InvalidData, path,
                    $"'{path}' could not be read whole, so it does not replace what is there: what is missing in it would pass for not "
                    + "affected. Get it again, or import it without replacing.");
            }

            return new AdvisoryImportResult
            {
                Path = path,
                RecordsRead = reader.RecordsRead,
                Rejected = reader.Rejected,
                Withdrawn = spill.Withdrawn,
                DatabaseTime = spill.Newest,
                Ecosystems = new AdvisoryMerge(new AdvisoryCatalog(_state), spill, options.Replace, notices).Write(cancellationToken),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, _state.Advisories,
                $"The advisories could not be imported into '{_state.Advisories}': {e.Message} Each database is as it was, or "
                + "finished; import again.", e);
        }
    }

    private FileStream Lock()
    {
        var path = Path.Combine(_state.Advisories, ".lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e)
        {
            throw new PatchException(PatchErrorCode.Conflict, path,
                $"Another import holds '{path}'. Wait until it is done, and import again. ({e.Message})", e);
        }
    }
}
